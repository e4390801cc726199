"""Builds the events that WebSocket routes hand to Lambda functions, with AWS's keys in AWS's order.

What is empty is absent, not null. Key order and presence are those of events captured from AWS in 2021-2025.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from cloudrig.engine import names
from cloudrig.engine.messages import Request
from cloudrig.engine.traces import new_trace
from cloudrig.services.apigateway.websocket.connections import Connection
from cloudrig.services.apigateway.websocket.live import CONNECT, DISCONNECT

Headers = list[tuple[str, str]]

_NO_CONTENT = ("content-length", "0")
_NOT_FORWARDED = frozenset({"connection", "upgrade", "content-length"})


@dataclass(frozen=True, slots=True)
class Context:
    """What the events of one route call have in common. `domain` is `host[:port]`, where `@connections` answers."""

    connection: Connection
    domain: str
    now_ms: int
    request_id: str

    @classmethod
    def new(cls, connection: Connection, domain: str, now_ms: int) -> Context:
        return cls(connection, domain, now_ms, names.extended_id("F"))


def connect_event(context: Context, headers: Headers, query: str) -> dict[str, Any]:
    """The event of `$connect`: headers and query of the handshake, no body."""
    forwarded = [(name, value) for name, value in headers if name.lower() not in _NOT_FORWARDED]
    event = _multi("headers", "multiValueHeaders", forwarded)
    event |= _query(query)
    event |= _stage_variables(context)
    event["requestContext"] = request_context(context, CONNECT, "CONNECT")
    event["isBase64Encoded"] = False
    return event


def authorizer_event(context: Context, headers: Headers, query: str, method_arn: str) -> dict[str, Any]:
    """What a REQUEST authorizer is asked: all headers of the handshake. Empty maps are there, as not in routes' events.

    Evidence: localstack/localstack#7191.
    """
    sent = headers if any(name.lower() == "content-length" for name, _ in headers) else [*headers, _NO_CONTENT]
    pairs = parse_qsl(query, keep_blank_values=True)
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        **_multi("headers", "multiValueHeaders", sorted(sent, key=_by_name)),
        **_multi("queryStringParameters", "multiValueQueryStringParameters", pairs),
        "stageVariables": dict(context.connection.stage.variables),
        "requestContext": request_context(context, CONNECT, "CONNECT"),
    }


def message_event(context: Context, route_key: str, text: str) -> dict[str, Any]:
    """The event of a message: no headers, no query."""
    ids = {"messageId": message_id(context.connection)}
    event = _stage_variables(context)
    event["requestContext"] = request_context(context, route_key, "MESSAGE", authorized=ids)
    event["body"] = text
    event["isBase64Encoded"] = False
    return event


def disconnect_event(context: Context, code: int, reason: str) -> dict[str, Any]:
    """The event of `$disconnect`; its odd, mostly empty headers are AWS's."""
    headers = [("Host", context.connection.host), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    event = _multi("headers", "multiValueHeaders", headers)
    event |= _stage_variables(context)
    event["requestContext"] = request_context(
        context,
        DISCONNECT,
        "DISCONNECT",
        before={"disconnectStatusCode": code},
        after={"disconnectReason": reason},
    )
    event["isBase64Encoded"] = False
    return event


def handshake_headers(request: Request, now_ms: int) -> Headers:
    """The client's headers in the case it sent them, with what the gateway adds, by name."""
    scheme, _, authority = request.base_url.partition("://")
    port = authority.rpartition(":")[2]
    added = {
        "X-Amzn-Trace-Id": new_trace(now_ms / 1000),
        "X-Forwarded-For": ", ".join([*request.headers.getall("X-Forwarded-For", []), request.client_ip]),
        "X-Forwarded-Port": port if port.isdigit() else {"https": "443"}.get(scheme, "80"),
        "X-Forwarded-Proto": scheme,
    }
    replaced = {name.lower() for name in added}
    sent = [(name, value) for name, value in request.headers.items() if name.lower() not in replaced]
    return sorted([*sent, *added.items()], key=_by_name)


def _by_name(header: tuple[str, str]) -> str:
    return header[0].lower()


def message_id(connection: Connection) -> str:
    """Eleven characters of its own and the connection id's tail."""
    return names.extended_id("C")[:11] + connection.id[11:]


def request_context(
    context: Context,
    route_key: str,
    event_type: str,
    *,
    before: dict[str, Any] | None = None,
    authorized: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """`requestContext`: `before` and `authorized` stand before and after the authorizer, `after` behind those."""
    connection = context.connection
    return {
        "routeKey": route_key,
        **(before or {}),
        **({} if connection.authorizer is None else {"authorizer": connection.authorizer}),
        **(authorized or {}),
        "eventType": event_type,
        "extendedRequestId": context.request_id,
        "requestTime": _request_time(context.now_ms),
        "messageDirection": "IN",
        **(after or {}),
        "stage": connection.stage.name,
        "connectedAt": connection.connected_at_ms,
        "requestTimeEpoch": context.now_ms,
        "identity": connection.identity,
        "requestId": context.request_id,
        "domainName": context.domain,
        "connectionId": connection.id,
        "apiId": connection.stage.api_id,
    }


def _request_time(now_ms: int) -> str:
    """`20/Nov/2026:08:04:01 +0000`."""
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now_ms // 1000))


def _query(query: str) -> dict[str, Any]:
    pairs = parse_qsl(query, keep_blank_values=True)
    return _multi("queryStringParameters", "multiValueQueryStringParameters", pairs) if pairs else {}


def _multi(single: str, multiple: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Both maps of repeatable names: the last value, and all of them."""
    last: dict[str, str] = {}
    every: dict[str, list[str]] = {}
    for name, value in pairs:
        last[name] = value
        every.setdefault(name, []).append(value)
    return {single: last, multiple: every}


def _stage_variables(context: Context) -> dict[str, Any]:
    variables = context.connection.stage.variables
    return {"stageVariables": dict(variables)} if variables else {}
