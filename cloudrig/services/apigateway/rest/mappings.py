"""Parameter mappings: where the headers, query parameters and path variables of a request or response come from.

A request's target is `integration.request.{header|querystring|path}.X`, a response's `method.response.header.X`.
Sources are `'literal'`, `context.…`, `stageVariables.…` and parts of the request (`method.request.…`) or of the back
end's answer (`integration.response.…`). Source: AG `rest-api-parameter-mapping.html`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.vtl.jsonpath import MISSING, InvalidPath, compile_path

REQUEST_TARGET = re.compile(r"integration\.request\.(header|querystring|path)\.(.+)")
REQUEST_SOURCE = re.compile(
    r"'.*'|method\.request\.(?:(?:multivalue)?(?:header|querystring)|path)\..+|method\.request\.body(?:\..+)?"
    r"|context\..+|stageVariables\..+",
    re.DOTALL,
)
_HEADER = "integration.request.header."
# Recorded on AWS in LocalStack's snapshots (`TestApiGatewayHeaderRemapping`).
_KEPT = frozenset({"content-length", "transfer-encoding"})
_AWS_KEEPS = _KEPT | {"authorization", "connection", "expect", "proxy-authenticate", "te"}
RESPONSE_TARGET = re.compile(r"method\.response\.header\..+")
RESPONSE_SOURCE = re.compile(
    r"'.*'|integration\.response\.(?:multivalue)?header\..+|integration\.response\.body(?:\..+)?"
    r"|context\..+|stageVariables\..+",
    re.DOTALL,
)


def breaks_requests(document: Members) -> bool:
    """Whether an integration maps a request header that API Gateway keeps to itself: every request then fails (500)."""
    names = (target.lower().removeprefix(_HEADER) for target in document.get("requestParameters") or {})
    refused = _AWS_KEEPS if document["type"].startswith("AWS") else _KEPT
    return any(name in refused for name in names)


def request_value(call: Call, source: str) -> str | None:
    """The value of a source that refers to the request; None where there is none."""
    if source.startswith("'"):
        return source[1:].removesuffix("'")
    root, _, rest = source.partition(".")
    if root == "context":
        return _as_text(_step_through(call.context(), rest))
    if root == "stageVariables":
        return (call.stage.variables or {}).get(rest)
    place, _, name = rest.removeprefix("request.").partition(".")
    reader = _REQUEST_PLACES.get(place)
    return reader(call, name) if reader else None


def response_value(call: Call, answer: BackendAnswer, source: str) -> str | None:
    """The value of a source that may refer to the back end's answer."""
    place, _, name = source.removeprefix("integration.response.").partition(".")
    if not source.startswith("integration."):
        return request_value(call, source)
    if place == "body":
        return _from_body(answer.body, name)
    values = answer.headers.getall(name, None)
    if values is None:
        return None
    return ",".join(values) if place == "multivalueheader" else values[-1]


def json_value(document: Any, path: str) -> Any:
    """What a JSONPath (the `$.` optional) leads to; None where it leads nowhere, or is none."""
    try:
        found = compile_path(path).find(document)
    except (InvalidPath, RecursionError):
        return None
    return None if found is MISSING else found


def _from_body(body: bytes, path: str) -> str | None:
    if not path:
        return body.decode("utf-8", "replace")
    try:
        return _as_text(json_value(json.loads(body), path))
    except (ValueError, RecursionError):
        return None


def _step_through(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return None if isinstance(value, dict | list) else value


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _header_values(call: Call, name: str) -> str | None:
    lower = name.lower()
    return next((",".join(values) for key, values in call.headers.items() if key.lower() == lower), None)


_REQUEST_PLACES: Mapping[str, Callable[[Call, str], str | None]] = {
    "header": lambda call, name: call.header(name),
    "multivalueheader": _header_values,
    "querystring": lambda call, name: call.query[name][-1] if name in call.query else None,
    "multivaluequerystring": lambda call, name: ",".join(call.query[name]) if name in call.query else None,
    "path": lambda call, name: call.path_parameters.get(name),
    "body": lambda call, name: _from_body(call.request.body, name),
}
