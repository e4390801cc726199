"""Gateway responses: what a REST API answers when it, not an integration, ends the request.

Each type has a status and the error type of its header; an API can customise status, headers and body per type, or for
all of a class through `DEFAULT_4XX` and `DEFAULT_5XX`. Templates are plain text with `$context` and `$stageVariables`
references, no VTL. This module has the control plane and the table of types; `answers` renders them.
Source: AG `api-gateway-gatewayResponse-definition.html`, `supported-gateway-response-types.html`.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.rest.patch import Patch, PatchTable, Rule, map_entry
from cloudrig.services.apigateway.rest.state import RestApi, RestState

DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'

STATUS: Mapping[str, str | None] = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}


class GatewayResponseControl:
    """Operations on GatewayResponse."""

    def __init__(self, state: RestState) -> None:
        self._state = state
        self.operations: Mapping[str, Operation] = {
            "PutGatewayResponse": self.put_gateway_response,
            "GetGatewayResponse": self.get_gateway_response,
            "GetGatewayResponses": self.get_gateway_responses,
            "UpdateGatewayResponse": self.update_gateway_response,
            "DeleteGatewayResponse": self.delete_gateway_response,
        }

    def put_gateway_response(self, caller: Caller, members: Members) -> Members:
        """Customise one type; what is not given has the defaults of the type."""
        api = self._state.api(caller.scope, members["restApiId"])
        given = {name: value for name, value in members.items() if name != "restApiId" and value}
        response = uncustomised(members["responseType"]) | given | {"defaultResponse": False}
        api.gateway_responses[members["responseType"]] = response
        return response

    def get_gateway_response(self, caller: Caller, members: Members) -> Members:
        return effective(self._state.api(caller.scope, members["restApiId"]), members["responseType"])

    def get_gateway_responses(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        return {"items": [effective(api, response_type) for response_type in STATUS]}

    def update_gateway_response(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        response = effective(api, members["responseType"])
        response = _GATEWAY_RESPONSE.apply(response, members.get("patchOperations")) | {"defaultResponse": False}
        api.gateway_responses[members["responseType"]] = response
        return response

    def delete_gateway_response(self, caller: Caller, members: Members) -> Members:
        api = self._state.api(caller.scope, members["restApiId"])
        if members["responseType"] not in api.gateway_responses:
            raise NotFoundException("Gateway response type not defined on api")
        del api.gateway_responses[members["responseType"]]
        return {}


def effective(api: RestApi, response_type: str) -> Members:
    """The response of a type: customised, inherited from its class's default, or AWS's own."""
    customised = api.gateway_responses.get(response_type)
    if customised is not None:
        return customised
    status = STATUS[response_type]
    inherited = api.gateway_responses.get(f"DEFAULT_{status[0]}XX") if status else None
    if inherited is None:
        return uncustomised(response_type)
    own_status = {} if inherited.get("statusCode") else {"statusCode": status}
    return {**inherited, **own_status, "responseType": response_type, "defaultResponse": True}


def uncustomised(response_type: str) -> Members:
    """AWS's own response of a type."""
    return {
        "responseType": response_type,
        "statusCode": STATUS[response_type],
        "responseParameters": {},
        "responseTemplates": {"application/json": DEFAULT_TEMPLATE},
        "defaultResponse": True,
    }


# --- patches --------------------------------------------------------------------------------------------------------


def _status(document: Members, patch: Patch) -> None:
    if patch.op != "replace":
        raise BadRequestException(f"Invalid patch path {patch.path}")
    document["statusCode"] = patch.value


def _entry(member: str) -> Rule:
    """An entry that must have a value, and must be there to be replaced or removed."""
    rule = map_entry(member, lambda value: value, missing="Invalid parameter name specified", keep_empty=True)

    def apply(document: Members, patch: Patch) -> None:
        if patch.op != "remove" and not patch.value:
            raise BadRequestException(f"Invalid null or empty value in {member}")
        rule.apply(document, patch)

    return Rule(apply, rule.ops)


_GATEWAY_RESPONSE = PatchTable(
    {
        "/statusCode": Rule(_status, ("add", "replace", "remove")),
        "/responseParameters/*": _entry("responseParameters"),
        "/responseTemplates/*": _entry("responseTemplates"),
    }
)
