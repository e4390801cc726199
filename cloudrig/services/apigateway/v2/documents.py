"""Documents of the apigatewayv2 control plane between the wire and the state: defaults, lengths, PATCH, pages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloudrig.engine.messages import Members
from cloudrig.engine.wire import service_model
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.v2 import http_rules, websocket_rules
from cloudrig.services.apigateway.v2.checks import Rule
from cloudrig.services.apigateway.v2.state import API, HTTP, INTEGRATION, MODEL, ROUTE, STAGE, WEBSOCKET, Kind

DEFAULT_PAGE = 25  # unverified: items of a list when the caller names no maxResults
MAX_PAGE = 100

RULES: Mapping[str, Mapping[Kind, Rule]] = {WEBSOCKET: websocket_rules.RULES, HTTP: http_rules.RULES}
"""By protocol."""

_API = {"ApiKeySelectionExpression": websocket_rules.API_KEY_EXPRESSIONS[0], "DisableExecuteApiEndpoint": False}
_ROUTE = {"ApiKeyRequired": False, "AuthorizationType": "NONE"}
_STAGE: Members = {"RouteSettings": {}, "StageVariables": {}}

DEFAULTS: Mapping[str, Mapping[Kind, Members]] = {
    WEBSOCKET: {
        API: _API,
        ROUTE: _ROUTE,
        INTEGRATION: {
            "ConnectionType": "INTERNET",
            "PassthroughBehavior": "WHEN_NO_MATCH",
            "PayloadFormatVersion": "1.0",
            "TimeoutInMillis": websocket_rules.MAX_TIMEOUT_MS,
        },
        MODEL: {"ContentType": "application/json"},
        STAGE: _STAGE
        | {"DefaultRouteSettings": {"DataTraceEnabled": False, "DetailedMetricsEnabled": False, "LoggingLevel": "OFF"}},
    },
    HTTP: {
        API: _API | {"RouteSelectionExpression": http_rules.SELECTION},
        ROUTE: _ROUTE,
        INTEGRATION: {"ConnectionType": "INTERNET", "TimeoutInMillis": http_rules.MAX_TIMEOUT_MS},
        STAGE: _STAGE | {"DefaultRouteSettings": {"DetailedMetricsEnabled": False}},
    },
}
"""By protocol."""

_REPLACED = frozenset({"AccessLogSettings", "CorsConfiguration", "JwtConfiguration", "TlsConfig"})
"""Structures that PATCH replaces as a whole, and takes away where they are empty (Terraform relies on it)."""
_LENGTHS = re.compile(r"(?:String|Uri)WithLengthBetween(\d+)And(\d+)(K?)")


def given(kind: Kind, operation: str, members: Members) -> Members:
    """The members that belong to the document: without the ids of the path. Raises BadRequestException: a length."""
    _check_lengths(operation, members)
    outside = {"ApiId"} | ({kind.parent.id_member} if kind.parent else set())
    return {name: value for name, value in members.items() if name not in outside}


def _check_lengths(operation: str, members: Members) -> None:
    """Lengths are in the names of the model's shapes only (`StringWithLengthBetween1And128`).

    An update takes away what is optional by empty text (Terraform relies on it).
    """
    model = service_model("apigatewayv2")
    shape = model.operation_model(operation).input_shape
    needed = model.operation_model(operation.replace("Update", "Create", 1)).input_shape
    for name, member in shape.members.items() if shape else ():
        found = _LENGTHS.fullmatch(member.name)
        if found is None or name not in members:
            continue
        if operation.startswith("Update") and needed and name not in needed.required_members and not members[name]:
            continue
        least, most = int(found[1]), int(found[2]) * (1024 if found[3] else 1)
        if not least <= len(members[name]) <= most:
            raise BadRequestException(f"{name} must have a length between {least} and {most}")


def merged(old: Members, new: Members) -> Members:
    """PATCH: named members replace; maps are merged, and an empty value takes a key away (Terraform relies on it)."""
    result = dict(old)
    for name, value in new.items():
        if name in _REPLACED and not value:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(old.get(name), dict) and name not in _REPLACED:
            nothing: tuple[object, ...] = ("", {}) if name == "ResponseParameters" else ("",)
            result[name] = {key: item for key, item in (old[name] | value).items() if item not in nothing}
        else:
            result[name] = value
    return result


def with_computed(protocol: str, kind: Kind, document: Members) -> Members:
    """Members that AWS works out, and without those that it does not keep."""
    if kind is not INTEGRATION:
        return document
    if protocol == HTTP:
        return _http_integration(document)
    by_message = document["IntegrationType"] == "AWS"
    expression = "${integration.response.body.errorMessage}" if by_message else "${integration.response.statuscode}"
    return document | {"IntegrationResponseSelectionExpression": expression}


def _http_integration(document: Members) -> Members:
    """`PassthroughBehavior` is for WebSocket APIs; a function is invoked by POST, and has to say its payload format."""
    result = {name: value for name, value in document.items() if name != "PassthroughBehavior"}
    if document["IntegrationType"] == "HTTP_PROXY" or document.get("IntegrationSubtype"):
        return {"PayloadFormatVersion": "1.0"} | result
    return {"IntegrationMethod": "POST"} | result


def page(items: list[Members], members: Members) -> Members:
    """`MaxResults` (text, 1-100) and an opaque `NextToken`. Raises BadRequestException."""
    text = members.get("MaxResults") or str(DEFAULT_PAGE)
    if not text.isdigit() or not 1 <= int(text) <= MAX_PAGE:
        raise BadRequestException(f"MaxResults must be between 1 and {MAX_PAGE}")
    token = members.get("NextToken") or "0"
    if not token.isdigit():
        raise BadRequestException("Invalid NextToken")
    start, end = int(token), int(token) + int(text)
    return {"Items": items[start:end], "NextToken": str(end) if end < len(items) else None}
