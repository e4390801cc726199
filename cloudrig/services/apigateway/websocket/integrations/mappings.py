"""Parameter mappings of WebSocket integrations.

A request's target is `integration.request.{header|querystring|path}.X`. Its source is `'literal'`, `context.X`,
`stageVariables.X`, `route.request.body[.JSONPath]` or, on `$connect` and where the route declares it,
`route.request.{header|querystring|multivalueheader|multivaluequerystring}.X`.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-mapping.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.vtl.jsonpath import MISSING, InvalidPath, compile_path
from cloudrig.services.apigateway.websocket.integrations.base import RouteCall

REQUEST_TARGET = re.compile(r"integration\.request\.(header|querystring|path)\.(.+)")
DECLARED_SOURCE = re.compile(r"route\.request\.((?:multivalue)?(?:header|querystring))\.(.+)")
REQUEST_SOURCE = re.compile(
    rf"'.*'|{DECLARED_SOURCE.pattern}|route\.request\.body(?:\..+)?|stageVariables\..+|context\..+", re.DOTALL
)
RESPONSE_TARGET = re.compile(r"(?:method|route)\.response\.header\..+")
RESPONSE_SOURCE = re.compile(
    r"'.*'|integration\.response\.(?:multivalue)?header\..+|integration\.response\.body(?:\..+)?"
    r"|stageVariables\..+|context\..+",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """The mappings of one route's integration: place, name, source."""

    mappings: tuple[tuple[str, str, str], ...]

    def values(self, call: RouteCall, place: str) -> list[tuple[str, str]]:
        """Names and values of a place (`header`, `querystring`, `path`); what has no value is left out."""
        found = [(name, request_value(call, source)) for at, name, source in self.mappings if at == place]
        return [(name, value) for name, value in found if value is not None]


def compile_parameters(mappings: Mapping[str, str] | None, declared: Collection[str]) -> RequestParameters:
    """`declared` are the route's request parameters; headers and query parameters that it does not declare are not
    mapped.
    """
    compiled = []
    for target, source in (mappings or {}).items():
        place = REQUEST_TARGET.fullmatch(target)
        single = source.replace(".multivalue", ".")
        if place and (not DECLARED_SOURCE.fullmatch(source) or source in declared or single in declared):
            compiled.append((place[1], place[2], source))
    return RequestParameters(tuple(compiled))


def request_value(call: RouteCall, source: str) -> str | None:
    """The value of a source that refers to the request; None where there is none."""
    if source.startswith("'"):
        return source[1:].removesuffix("'")
    root, _, rest = source.partition(".")
    if root == "context":
        return _text(_step_through(call.context, rest))
    if root == "stageVariables":
        return call.variables.get(rest)
    if declared := DECLARED_SOURCE.fullmatch(source):
        return _handshake_value(call, declared[1], declared[2])
    _, _, path = rest.removeprefix("request.").partition(".")
    return _from_json(call.body, path) if path else call.text


def response_value(call: RouteCall, answer: BackendAnswer, source: str) -> str | None:
    """The value of a source that may refer to the back end's answer."""
    if not source.startswith("integration."):
        return request_value(call, source)
    place, _, name = source.removeprefix("integration.response.").partition(".")
    if place == "body":
        return _from_body(answer.body, name)
    values = answer.headers.getall(name, None)
    if values is None:
        return None
    return ",".join(values) if place == "multivalueheader" else values[-1]


def _handshake_value(call: RouteCall, place: str, name: str) -> str | None:
    """A header, by its name in any case, or a query parameter of the handshake; several values joined by commas."""
    if not call.is_connect:
        return None
    event = call.event
    if place.endswith("querystring"):
        values: list[str] | None = (event.get("multiValueQueryStringParameters") or {}).get(name)
    else:
        lower = name.lower()
        values = next((found for key, found in event["multiValueHeaders"].items() if key.lower() == lower), None)
    if not values:
        return None
    return ",".join(values) if place.startswith("multi") else values[-1]


def _from_body(body: bytes, path: str) -> str | None:
    if not path:
        return body.decode("utf-8", "replace")
    try:
        return _from_json(json.loads(body), path)
    except (ValueError, RecursionError):
        return None


def _from_json(value: Any, path: str) -> str | None:
    try:
        found = compile_path(path).find(value)
    except (InvalidPath, RecursionError):
        return None
    return None if found is MISSING else _text(found)


def _step_through(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if isinstance(value, Mapping) else value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
