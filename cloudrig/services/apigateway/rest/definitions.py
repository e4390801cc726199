"""Control plane of REST APIs: ImportRestApi, PutRestApi and GetExport.

Source: https://docs.aws.amazon.com/apigateway/latest/api/ API_ImportRestApi.html, API_PutRestApi.html,
API_GetExport.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import yaml  # type: ignore[import-untyped]

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.openapi import Definition, parse
from cloudrig.services.apigateway.rest.control import RestApiControl
from cloudrig.services.apigateway.rest.documentation import put_parts
from cloudrig.services.apigateway.rest.export import Exporter
from cloudrig.services.apigateway.rest.models import default_models
from cloudrig.services.apigateway.rest.openapi import Importer, api_members
from cloudrig.services.apigateway.rest.resource_policy import checked_policy, shown_policy
from cloudrig.services.apigateway.rest.state import Resource, RestApi, RestState

Build = Callable[[RestState], Mapping[str, Operation]]


class DefinitionControl:
    """Operations that take or give a whole API as an OpenAPI definition."""

    def __init__(self, state: RestState, clock: Clock, build: Build) -> None:
        """`build` gives the control plane's other operations on a state, which imports carry out on a copy."""
        self._state = state
        self._clock = clock
        self._build = build
        self.operations: Mapping[str, Operation] = {
            "ImportRestApi": self.import_rest_api,
            "PutRestApi": self.put_rest_api,
            "GetExport": self.get_export,
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
        api.models = {}  # the definition's only
        self._carry_out(caller, definition, members, api)
        self._state.add(api)
        return shown_policy(api.document)

    def put_rest_api(self, caller: Caller, members: Members) -> Members:
        """An API's definition replaced (`mode=overwrite`) or added to (`merge`). Deployments and stages stay."""
        definition = parse(members["body"])
        api = self._state.api(caller.scope, members["restApiId"])
        draft = api.snapshot()
        if members.get("mode") == "overwrite":
            root = Resource(api.root.id)
            draft = RestApi(api.scope, draft.document, root, {root.id: root}, models=default_models())
        changed = api_members(definition)
        if "policy" in changed:
            checked_policy(changed["policy"])
        draft.document |= changed
        self._carry_out(caller, definition, members, draft)
        api.document, api.root, api.resources = draft.document, draft.root, draft.resources
        api.gateway_responses, api.models = draft.gateway_responses, draft.models
        api.authorizers, api.validators = draft.authorizers, draft.validators
        api.documentation_parts = draft.documentation_parts
        return {"tags": {}, **shown_policy(api.document)}

    def get_export(self, caller: Caller, members: Members) -> Members:
        """What a stage serves, as `exportType` `oas30` or `swagger`, in JSON or YAML as `accepts` says."""
        api = self._state.api(caller.scope, members["restApiId"])
        export_type = members["exportType"]
        if export_type not in ("oas30", "swagger"):
            raise BadRequestException("No API exporter for type '" + export_type + "'")
        media_type = members.get("accepts") or "application/json"
        asked = (members.get("parameters") or {}).get("extensions", "")
        extensions = frozenset(name.strip() for name in asked.split(","))
        stage = api.stage(members["stageName"])
        documentation = api.documentation_versions.get(stage.document.get("documentationVersion") or "")
        exporter = Exporter(stage, documentation, swagger=export_type == "swagger", extensions=extensions)
        definition, suffix = exporter.definition(), "json"
        if media_type == "application/yaml":
            text, suffix = yaml.safe_dump(definition, sort_keys=False), "yaml"
        else:
            text = json.dumps(definition, indent=2)
        stamp = f"{export_type}_{definition['info']['version']}.{suffix}"
        return {
            "contentType": "application/octet-stream",
            "contentDisposition": f'attachment; filename="{stamp}"',
            "body": text.encode(),
        }

    def _carry_out(self, caller: Caller, definition: Definition, members: Members, draft: RestApi) -> None:
        scratch = RestState()
        scratch.add(draft)
        operations = self._build(scratch)

        def call(operation: str, **members: object) -> Members:
            result = operations[operation](caller, {"restApiId": draft.id, **members})
            assert isinstance(result, dict)
            return result

        try:
            basepath = (members.get("parameters") or {}).get("basepath")
            Importer(definition, basepath, draft.id, draft.root.id, call).run()
            put_parts(draft, definition, overwrite=False)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadRequestException(f"Invalid OpenAPI input: {error!r}") from None
