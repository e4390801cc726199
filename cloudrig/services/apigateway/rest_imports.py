"""Control plane of REST APIs: ImportRestApi and PutRestApi.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_ImportRestApi.html, API_PutRestApi.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.control_v1 import RestApiControl
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest_models import default_models
from cloudrig.services.apigateway.rest_openapi import Definition, Importer, api_members, parse
from cloudrig.services.apigateway.state_v1 import Resource, RestApi, RestState

Build = Callable[[RestState], Mapping[str, Operation]]


class ImportControl:
    """Operations that take a whole API as an OpenAPI definition."""

    def __init__(self, state: RestState, clock: Clock, build: Build) -> None:
        """`build` gives the control plane's other operations on a state, which imports carry out on a copy."""
        self._state = state
        self._clock = clock
        self._build = build
        self.operations: Mapping[str, Operation] = {
            "ImportRestApi": self.import_rest_api,
            "PutRestApi": self.put_rest_api,
        }

    def import_rest_api(self, caller: Caller, members: Members) -> Members:
        """A new API. Raises BadRequestException, or what the control plane has against a part of the definition."""
        definition = parse(members["body"])
        endpoint = (members.get("parameters") or {}).get("endpointConfigurationTypes")
        created = api_members(definition)
        if endpoint:
            created["endpointConfiguration"] = {"types": endpoint.split(",")}
        scratch = RestState()
        document = RestApiControl(scratch, self._clock).create_rest_api(caller, created)
        api = scratch.api(caller.scope, document["id"])
        self._carry_out(caller, definition, api)
        self._state.add(api)
        return {"tags": {}, **api.document}

    def put_rest_api(self, caller: Caller, members: Members) -> Members:
        """An API's definition replaced (`mode=overwrite`) or added to (`merge`). Deployments and stages stay."""
        definition = parse(members["body"])
        api = self._state.api(caller.scope, members["restApiId"])
        draft = api.snapshot()
        if members.get("mode") == "overwrite":
            root = Resource(api.root.id)
            draft = RestApi(api.scope, draft.document, root, {root.id: root}, models=default_models())
        draft.document |= api_members(definition)
        self._carry_out(caller, definition, draft)
        api.document, api.root, api.resources = draft.document, draft.root, draft.resources
        api.gateway_responses, api.models = draft.gateway_responses, draft.models
        api.authorizers, api.validators = draft.authorizers, draft.validators
        return {"tags": {}, **api.document}

    def _carry_out(self, caller: Caller, definition: Definition, draft: RestApi) -> None:
        scratch = RestState()
        scratch.add(draft)
        operations = self._build(scratch)

        def call(operation: str, **members: object) -> Members:
            result = operations[operation](caller, {"restApiId": draft.id, **members})
            assert isinstance(result, dict)
            return result

        try:
            Importer(definition, draft.id, draft.root.id, call).run()
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadRequestException(f"Invalid OpenAPI input: {error!r}") from None
