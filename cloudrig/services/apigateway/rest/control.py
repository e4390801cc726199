"""Control plane of REST APIs: the APIs themselves, their tags, and the account's settings.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest.compression import compression_size
from cloudrig.services.apigateway.rest.errors import not_built
from cloudrig.services.apigateway.rest.keys import find_key, find_plan
from cloudrig.services.apigateway.rest.models import default_models
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import Patch, PatchTable, Rule, boolean, converted, set_member, text
from cloudrig.services.apigateway.rest.resource_policy import checked_policy, shown_policy
from cloudrig.services.apigateway.rest.state import Resource, RestApi, RestState

_ENDPOINT_TYPES = ("REGIONAL", "EDGE", "PRIVATE")
_OWN = frozenset({"description", "tags", "version"})
"""What a clone has only if it is told."""
_TAGGED = re.compile(r"arn:aws:apigateway:[^:]*::/(restapis|apikeys|usageplans)/([^/]+)(?:/stages/([^/]+))?")


class RestApiControl:
    """Operations on RestApi, Tags and Account."""

    def __init__(self, state: RestState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self.operations: Mapping[str, Operation] = {
            "CreateRestApi": self.create_rest_api,
            "GetRestApi": self.get_rest_api,
            "GetRestApis": self.get_rest_apis,
            "UpdateRestApi": self.update_rest_api,
            "DeleteRestApi": self.delete_rest_api,
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
            "GetTags": self.get_tags,
            "GetAccount": self.get_account,
            "UpdateAccount": self.update_account,
        }

    def create_rest_api(self, caller: Caller, members: Members) -> Members:
        """An API with its root resource, or (`cloneFrom`) with all that another one has, but no deployments and stages.

        Raises:
            BadRequestException: empty name or description, bad compression size, no or several endpoint types.
            OperationNotImplemented: private endpoints.
        """
        _check_new_api(members)
        source = members.get("cloneFrom")
        api = self._clone(caller, members) if source else _empty_api(caller, _document(members))
        api.document |= {
            "id": names.api_id(),
            "createdDate": self._clock.utc().replace(microsecond=0),
            "rootResourceId": api.root.id,
        }
        self._state.add(api)
        return shown_policy(api.document)

    def _clone(self, caller: Caller, members: Members) -> RestApi:
        """A copy with resource ids of its own; what the request says of the API goes before what the other one has.

        Which settings AWS copies is unverified.
        """
        source = self._state.account(caller.scope).apis.get(members["cloneFrom"])
        if source is None:
            raise BadRequestException("Invalid API identifier specified in cloneFrom")  # unverified text
        api = source.snapshot()
        for resource in api.resources.values():
            resource.id = names.api_id()
        api.resources = {resource.id: resource for resource in api.resources.values()}
        given = {name: value for name, value in _document(members).items() if name in members}
        api.document = {name: value for name, value in api.document.items() if name not in _OWN} | given
        return api

    def get_rest_api(self, caller: Caller, members: Members) -> Members:
        return _described(self._state.api(caller.scope, members["restApiId"]))

    def get_rest_apis(self, caller: Caller, members: Members) -> Members:
        return page([shown_policy(api.document) for api in self._state.account(caller.scope).apis.values()], members)

    def update_rest_api(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        api.document = _REST_API.apply(api.document, members.get("patchOperations"))
        return _described(api)

    def delete_rest_api(self, caller: Caller, members: Members) -> Members:
        self._state.remove(self._state.api(caller.scope, members["restApiId"]))
        return {}

    def tag_resource(self, caller: Caller, members: Members) -> Members:
        self._retag(caller, members["resourceArn"], lambda tags: tags | members["tags"])
        return {}

    def untag_resource(self, caller: Caller, members: Members) -> Members:
        gone = set(members["tagKeys"])
        self._retag(caller, members["resourceArn"], lambda tags: {k: v for k, v in tags.items() if k not in gone})
        return {}

    def get_tags(self, caller: Caller, members: Members) -> Members:
        found: Members = {}
        self._retag(caller, members["resourceArn"], lambda tags: found.update(tags) or tags)
        return {"tags": found}

    def get_account(self, caller: Caller, members: Members) -> Members:
        """The account's throttle (AWS's defaults; not enforced unless asked for) and logging role."""
        return _ACCOUNT_DEFAULTS | self._state.account(caller.scope).settings

    def update_account(self, caller: Caller, members: Members) -> Members:
        account = self._state.account(caller.scope)
        account.settings = _ACCOUNT.apply(account.settings, members.get("patchOperations"))
        return self.get_account(caller, {})

    def _retag(self, caller: Caller, arn: str, change: Callable[[Members], Members]) -> None:
        """Replace the tags of an API, a stage, an API key or a usage plan by what `change` makes of them."""
        found = _TAGGED.fullmatch(unquote(arn))
        if not found:
            raise BadRequestException(f"Invalid ARN specified in the request: {arn}")  # unverified text
        account = self._state.account(caller.scope)
        kind, name, stage = found.groups()
        if kind == "apikeys":
            key = find_key(account, name)
            account.api_keys[name] = key | {"tags": change(key.get("tags") or {})}
            return
        api = self._state.api(caller.scope, name) if kind == "restapis" else None
        tagged = find_plan(account, name) if api is None else api.stage(stage) if stage else api
        tagged.document = tagged.document | {"tags": change(tagged.document.get("tags") or {})}


def _empty_api(caller: Caller, document: Members) -> RestApi:
    root = Resource(names.api_id())
    return RestApi(caller.scope, document, root, {root.id: root}, models=default_models())


def _described(api: RestApi) -> Members:
    """As Get and Update answer: with `tags` even when there are none, unlike Create and the list."""
    return {"tags": {}, **shown_policy(api.document)}


def _document(members: Members) -> Members:
    given = {name: value for name, value in members.items() if value not in ([], None) and name != "cloneFrom"}
    endpoint = members.get("endpointConfiguration") or {}
    return {
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        **given,
        "endpointConfiguration": {
            "types": endpoint.get("types") or ["EDGE"],
            "ipAddressType": endpoint.get("ipAddressType") or "ipv4",
        },
    }


def _check_new_api(members: Members) -> None:
    if not members["name"]:
        raise BadRequestException("Name cannot be an empty string")  # unverified text
    if members.get("description") == "":
        raise BadRequestException("Description cannot be an empty string")
    if members.get("policy"):
        checked_policy(members["policy"])
    if members.get("minimumCompressionSize") is not None:
        compression_size(str(members["minimumCompressionSize"]))
    _check_endpoint_types((members.get("endpointConfiguration") or {}).get("types", ["EDGE"]))


def _check_endpoint_types(types: list[str]) -> None:
    if not types:
        raise BadRequestException("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise BadRequestException("Cannot create an api with multiple Endpoint Types.")
    if types == ["PRIVATE"]:
        raise not_built("private endpoints")


# --- patches --------------------------------------------------------------------------------------------------------


def _replace_endpoint_type(document: Members, patch: Patch) -> None:
    if patch.op not in ("add", "remove", "replace"):
        raise BadRequestException("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
    if patch.op != "replace":
        raise BadRequestException("Cannot create an api with multiple Endpoint Types.")
    if patch.value not in _ENDPOINT_TYPES:
        raise BadRequestException("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    _check_endpoint_types([patch.value])
    document["endpointConfiguration"]["types"] = [patch.value]


def _replace_ip_address_type(document: Members, patch: Patch) -> None:
    if patch.value not in ("ipv4", "dualstack"):
        raise BadRequestException("ipAddressType must be either ipv4 or dualstack.")
    document["endpointConfiguration"]["ipAddressType"] = patch.value


def _key_source(value: str) -> str:
    if value not in ("HEADER", "AUTHORIZER"):
        raise BadRequestException("Invalid ApiKeySource specified. Valid options are HEADER,AUTHORIZER")  # unverified
    return value


def _name(value: str) -> str:
    if not value:
        raise BadRequestException("Name cannot be an empty string")
    return value


_ANY_OP = ("add", "remove", "replace", "move", "copy", "test")

_REST_API = PatchTable(
    {
        "/name": converted("name", _name, clearable=False),
        "/description": text("description", ops=("replace", "remove", "add")),
        "/version": text("version"),
        "/apiKeySource": converted("apiKeySource", _key_source),
        "/disableExecuteApiEndpoint": boolean("disableExecuteApiEndpoint"),
        "/binaryMediaTypes/*": set_member("binaryMediaTypes"),
        "/minimumCompressionSize": converted("minimumCompressionSize", compression_size),
        "/policy": converted("policy", checked_policy, ops=("replace", "remove", "add")),
        "/endpointConfiguration/types/*": Rule(_replace_endpoint_type, _ANY_OP),
        "/endpointConfiguration/ipAddressType": Rule(_replace_ip_address_type),
    }
)

_ACCOUNT_DEFAULTS: Members = {
    "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
    "features": ["UsagePlans"],
    "apiKeyVersion": "4",
}

_ACCOUNT = PatchTable(
    {
        "/cloudwatchRoleArn": text("cloudwatchRoleArn", ops=("replace", "remove")),
        "/features": Rule(lambda document, patch: None, ("add", "remove")),  # UsagePlans, the only one, is always on
    }
)
