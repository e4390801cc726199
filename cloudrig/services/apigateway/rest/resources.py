"""Control plane of REST APIs: resources, their methods and the methods' responses.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Resource.html, API_Method.html, API_MethodResponse.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cloudrig.engine import names
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.rest.paging import page
from cloudrig.services.apigateway.rest.patch import Patch, PatchTable, Rule, boolean, map_entry, text
from cloudrig.services.apigateway.rest.state import Method, Resource, RestApi, RestState

HTTP_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")

_PATH_PART = re.compile(r"[a-zA-Z0-9._\-:]+|\{[a-zA-Z0-9._\-:]+\+?\}")
_REQUEST_PARAMETER = re.compile(r"method\.request\.(?:multivalue)?(?:querystring|path|header)\.(.+)")
_RESPONSE_PARAMETER = re.compile(r"method\.response\.header\..+")

MethodCheck = Callable[[RestApi, Members], None]


class ResourceControl:
    """Operations on Resource, Method and MethodResponse."""

    def __init__(self, state: RestState, check_method: MethodCheck) -> None:
        """`check_method` raises where a method's document names an authorizer, validator or model that is not there."""
        self._state = state
        self._check_method = check_method
        self.operations: Mapping[str, Operation] = {
            "CreateResource": self.create_resource,
            "GetResource": self.get_resource,
            "GetResources": self.get_resources,
            "UpdateResource": self.update_resource,
            "DeleteResource": self.delete_resource,
            "PutMethod": self.put_method,
            "GetMethod": self.get_method,
            "UpdateMethod": self.update_method,
            "DeleteMethod": self.delete_method,
            "PutMethodResponse": self.put_method_response,
            "GetMethodResponse": self.get_method_response,
            "UpdateMethodResponse": self.update_method_response,
            "DeleteMethodResponse": self.delete_method_response,
        }

    # resources

    def create_resource(self, caller: Caller, members: Members) -> Members:
        """A child of a resource.

        Raises:
            NotFoundException: no such parent.
            BadRequestException: an illegal path part, a second variable part, a child of a greedy part.
            ConflictException: a sibling has that part.
        """
        api = self._state.api(caller.scope, members["restApiId"])
        parent = api.resource(members["parentId"])
        _check_place(api, parent, members["pathPart"])
        resource = Resource(names.api_id()[:6], parent, members["pathPart"])
        api.resources[resource.id] = resource
        return _described(resource)

    def get_resource(self, caller: Caller, members: Members) -> Members:
        return _described(self._resource(caller, members), "methods" in members.get("embed", ()))

    def get_resources(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        resources = sorted(api.resources.values(), key=lambda resource: resource.path)
        embed = "methods" in members.get("embed", ())
        return page([_described(resource, embed) for resource in resources], members)

    def update_resource(self, caller: Caller, members: Members) -> Members:
        """Rename or move. The path part and the parent are the only things to change."""
        resource = self._resource(caller, members)
        api = self._state.api(caller.scope, members["restApiId"])
        before = {"pathPart": resource.part, "parentId": resource.parent.id if resource.parent else None}
        after = _RESOURCE.apply(before, members.get("patchOperations"))
        changed = [name for name in after if after[name] != before[name]]
        if changed and resource.parent is None:
            raise BadRequestException(f"Root resource cannot update its {changed[0]}.")
        if changed:
            _move(api, resource, api.resource(after["parentId"]), after["pathPart"])
        return _described(resource)

    def delete_resource(self, caller: Caller, members: Members) -> Members:
        """Delete a resource and what is below it."""
        resource = self._resource(caller, members)
        if resource.parent is None:
            raise BadRequestException("Root resource cannot be deleted")  # unverified text
        api = self._state.api(caller.scope, members["restApiId"])
        for doomed in [other for other in api.resources.values() if other.below(resource)]:
            del api.resources[doomed.id]
        return {}

    # methods

    def put_method(self, caller: Caller, members: Members) -> Members:
        resource = self._resource(caller, members)
        http_method = members["httpMethod"]
        if http_method not in HTTP_METHODS:
            options = ",".join(HTTP_METHODS)
            raise BadRequestException(f"Invalid HttpMethod specified. Valid options are {options}")
        if http_method in resource.methods:
            raise ConflictException("Method already exists for this resource")
        given = {name: value for name, value in members.items() if name not in ("restApiId", "resourceId")}
        document = {"apiKeyRequired": False, **given, "authorizationType": members["authorizationType"].upper()}
        self._check(caller, members, document)
        resource.methods[http_method] = method = Method(document)
        return method.members()

    def get_method(self, caller: Caller, members: Members) -> Members:
        return self._method(caller, members).members()

    def update_method(self, caller: Caller, members: Members) -> Members:
        method = self._method(caller, members)
        document = _METHOD.apply(method.document, members.get("patchOperations"))
        if document["authorizationType"] not in ("CUSTOM", "COGNITO_USER_POOLS"):
            document.pop("authorizerId", None)
        self._check(caller, members, document)
        method.document = document
        return method.members()

    def delete_method(self, caller: Caller, members: Members) -> Members:
        resource = self._resource(caller, members)
        resource.method(members["httpMethod"])
        del resource.methods[members["httpMethod"]]
        return {}

    # method responses

    def put_method_response(self, caller: Caller, members: Members) -> Members:
        method = self._method(caller, members)
        status = members["statusCode"]
        if status in method.responses:
            raise ConflictException("Response already exists for this resource")
        document = {name: members[name] for name in _METHOD_RESPONSE_MEMBERS if name in members}
        _check_parameters(document.get("responseParameters") or {}, _RESPONSE_PARAMETER)
        method.responses[status] = document
        return document

    def get_method_response(self, caller: Caller, members: Members) -> Members:
        return _response(self._method(caller, members), members["statusCode"])

    def update_method_response(self, caller: Caller, members: Members) -> Members:
        method = self._method(caller, members)
        document = _response(method, members["statusCode"])
        document = _METHOD_RESPONSE.apply(document, members.get("patchOperations"))
        method.responses[members["statusCode"]] = document
        return document

    def delete_method_response(self, caller: Caller, members: Members) -> Members:
        method = self._method(caller, members)
        _response(method, members["statusCode"])
        del method.responses[members["statusCode"]]
        return {}

    def _resource(self, caller: Caller, members: Members) -> Resource:
        return self._state.resource(caller.scope, members["restApiId"], members["resourceId"])

    def _method(self, caller: Caller, members: Members) -> Method:
        return self._resource(caller, members).method(members["httpMethod"])

    def _check(self, caller: Caller, members: Members, document: Members) -> None:
        _check_parameters(document.get("requestParameters") or {}, _REQUEST_PARAMETER)
        self._check_method(self._state.api(caller.scope, members["restApiId"]), document)


def _described(resource: Resource, embed_methods: bool = False) -> Members:
    methods = {
        http_method: method.members() if embed_methods else {} for http_method, method in resource.methods.items()
    }
    return {
        "id": resource.id,
        "parentId": resource.parent.id if resource.parent else None,
        "pathPart": resource.part or None,
        "path": resource.path,
        "resourceMethods": methods or None,
    }


def _response(method: Method, status: str) -> Members:
    if status not in method.responses:
        raise NotFoundException("Invalid Response status code specified")
    return method.responses[status]


def _check_place(api: RestApi, parent: Resource, part: str, moving: Resource | None = None) -> None:
    if not _PATH_PART.fullmatch(part):
        raise BadRequestException(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end"
        )
    if parent.greedy:
        raise BadRequestException(f"Cannot create a child of a resource with a greedy path variable: {parent.part}")
    for sibling in api.children(parent):
        if sibling is moving:
            continue
        if sibling.part == part:
            raise ConflictException(f"Another resource with the same parent already has this name: {part}")
        if part.startswith("{") and sibling.part.startswith("{"):
            raise BadRequestException(
                f"A sibling ({sibling.part}) of this resource already has a variable path part -- only one is allowed"
            )


def _move(api: RestApi, resource: Resource, parent: Resource, part: str) -> None:
    if parent.below(resource):
        raise BadRequestException("Resources cannot be cyclical.")
    _check_place(api, parent, part, moving=resource)
    resource.parent, resource.part = parent, part


def _check_parameters(parameters: Members, form: re.Pattern[str]) -> None:
    bare_names: list[str] = []
    for parameter in parameters:
        found = form.fullmatch(parameter)
        if not found:
            raise BadRequestException(
                "Invalid mapping expression specified: Validation Result: warnings : [], "
                f"errors : [Invalid mapping expression parameter specified: {parameter}]"
            )
        bare_names.extend(found.groups())
    if len(set(bare_names)) < len(bare_names):
        raise BadRequestException("Parameter names must be unique across querystring, header and path")


# --- patches --------------------------------------------------------------------------------------------------------


def _true(value: str | None) -> bool:
    return (value or "").lower() == "true"


def _replace_id(member: str) -> Rule:
    return Rule(lambda document, patch: document.update({member: patch.value or ""}))


def _scope_entry() -> Rule:
    """`/authorizationScopes` takes a scope as its value and adds or removes it."""

    def apply(document: Members, patch: Patch) -> None:
        scopes = [scope for scope in document.get("authorizationScopes", ()) if scope != patch.value]
        document["authorizationScopes"] = scopes + ([patch.value] if patch.op == "add" else [])

    return Rule(apply, ("add", "remove"))


_MISSING_PARAMETER = "Invalid parameter name specified"
_MISSING_MODEL = "Content-Type specified was not found"

_RESOURCE = PatchTable({"/parentId": _replace_id("parentId"), "/pathPart": _replace_id("pathPart")}, listing=True)

_METHOD = PatchTable(
    {
        "/authorizationType": text("authorizationType"),
        "/authorizerId": text("authorizerId"),
        "/authorizationScopes": _scope_entry(),
        "/apiKeyRequired": boolean("apiKeyRequired"),
        "/operationName": text("operationName"),
        "/requestValidatorId": text("requestValidatorId"),
        "/requestParameters/*": map_entry("requestParameters", _true, missing=_MISSING_PARAMETER),
        "/requestModels/*": map_entry("requestModels", lambda value: value or "", missing=_MISSING_MODEL),
    }
)

_METHOD_RESPONSE_MEMBERS = ("statusCode", "responseParameters", "responseModels")

_METHOD_RESPONSE = PatchTable(
    {
        "/responseParameters/*": map_entry("responseParameters", _true, missing=_MISSING_PARAMETER),
        "/responseModels/*": map_entry("responseModels", lambda value: value or "", missing=_MISSING_MODEL),
    }
)
