"""Events that WebSocket routes hand to functions: keys, their order, presence (aws-behaviour §3.4, §4.3, §6.1)."""

from __future__ import annotations

import json
import re
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.websocket.connections import Connection
from cloudrig.services.apigateway.websocket.events import (
    Context,
    connect_event,
    disconnect_event,
    handshake_headers,
    message_event,
)
from cloudrig.services.apigateway.websocket.integrations.base import RouteCall
from cloudrig.services.apigateway.websocket.live import LiveStage

NOW_MS = 1_795_161_841_001
CONTEXT_KEYS = [
    "extendedRequestId",
    "requestTime",
    "messageDirection",
    "stage",
    "connectedAt",
    "requestTimeEpoch",
    "identity",
    "requestId",
    "domainName",
    "connectionId",
    "apiId",
]
HEADERS = (
    ("User-Agent", "x"),
    ("host", "localhost:4566"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Content-Length", "0"),
    ("X-Custom", "1"),
    ("X-Custom", "2"),
    ("X-Forwarded-For", "203.0.113.9"),
)


def context(user_agent: str | None = "x", variables: dict[str, str] | None = None, authorizer: Any = None) -> Context:
    stage = LiveStage("abcdefghij", "prod", Scope(), variables or {})
    connection = Connection(stage, "127.0.0.1", user_agent, "localhost:4566", NOW_MS - 1, authorizer=authorizer)
    return Context.new(connection, "127.0.0.1:4567", NOW_MS)


def connect(made: Context, query: str = "") -> dict[str, Any]:
    request = Request("GET", "/prod", query, CIMultiDictProxy(CIMultiDict(HEADERS)), base_url="http://localhost:4566")
    event: dict[str, Any] = connect_event(made, handshake_headers(request, NOW_MS), query)
    return event


def test_connect_keys() -> None:
    """§3.4: keys in AWS's order; what is empty is absent; no body."""
    event = connect(context())
    assert list(event) == ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]
    assert list(event["requestContext"]) == ["routeKey", "eventType", *CONTEXT_KEYS]
    assert event["isBase64Encoded"] is False


def test_connect_with_everything() -> None:
    """§3.4: query string and stage variables stand between the headers and the context."""
    event = connect(context(variables={"a": "b"}), "room=a&room=b&empty=&x=%C3%A9+1")
    assert list(event)[2:5] == ["queryStringParameters", "multiValueQueryStringParameters", "stageVariables"]
    assert event["queryStringParameters"] == {"room": "b", "empty": "", "x": "é 1"}
    assert event["multiValueQueryStringParameters"] == {"room": ["a", "b"], "empty": [""], "x": ["é 1"]}
    assert event["stageVariables"] == {"a": "b"}


def test_connect_headers() -> None:
    """§3.4: the client's case is kept, hop-by-hop headers are left out, the gateway adds its own."""
    event = connect(context())
    headers = event["headers"]
    assert list(headers) == sorted(headers, key=str.lower)
    assert not {"Connection", "Upgrade", "Content-Length"} & set(headers)
    assert headers["host"] == "localhost:4566"
    assert headers["X-Custom"] == "2"
    assert event["multiValueHeaders"]["X-Custom"] == ["1", "2"]
    assert headers["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
    assert (headers["X-Forwarded-Port"], headers["X-Forwarded-Proto"]) == ("4566", "http")
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["X-Amzn-Trace-Id"])
    assert all(event["multiValueHeaders"][name][-1] == value for name, value in headers.items())


def test_connect_context() -> None:
    """§3.4: the values."""
    made = context()
    found = connect(made)["requestContext"]
    assert found["routeKey"] == "$connect"
    assert found["eventType"] == "CONNECT"
    assert found["messageDirection"] == "IN"
    assert found["requestTime"] == "20/Nov/2026:08:04:01 +0000"
    assert (found["connectedAt"], found["requestTimeEpoch"]) == (NOW_MS - 1, NOW_MS)
    assert found["identity"] == {"userAgent": "x", "sourceIp": "127.0.0.1"}
    assert found["requestId"] == found["extendedRequestId"] == made.request_id
    assert (found["domainName"], found["apiId"], found["stage"]) == ("127.0.0.1:4567", "abcdefghij", "prod")


def test_ids() -> None:
    """§3.4: 15 url-safe characters and `=`; the 12th tells the kind; a message's id ends as its connection's."""
    made = context()
    found = message_event(made, "send", "x")["requestContext"]
    for key, kind in (("connectionId", "C"), ("requestId", "F"), ("messageId", "C")):
        assert re.fullmatch(r"[\w-]{11}" + kind + r"[\w-]{3}=", found[key])
    assert found["messageId"][11:] == found["connectionId"][11:]
    assert found["messageId"] != found["connectionId"]


def test_no_user_agent() -> None:
    """§3.4: `identity.userAgent` is left out when the client sent none."""
    assert connect(context(user_agent=None))["requestContext"]["identity"] == {"sourceIp": "127.0.0.1"}


def test_message() -> None:
    """§4.3: three keys only; the body as it came."""
    event = message_event(context(), "send", '{"action": "send", "é": 1}')
    assert list(event) == ["requestContext", "body", "isBase64Encoded"]
    assert list(event["requestContext"]) == ["routeKey", "messageId", "eventType", *CONTEXT_KEYS]
    assert (event["requestContext"]["routeKey"], event["requestContext"]["eventType"]) == ("send", "MESSAGE")
    assert event["body"] == '{"action": "send", "é": 1}'


def test_message_with_stage_variables() -> None:
    """§4.3: `stageVariables` where they are set."""
    assert message_event(context(variables={"a": "b"}), "send", "x")["stageVariables"] == {"a": "b"}


def test_disconnect() -> None:
    """§6.1: the odd headers, code and reason in their places, no body."""
    event = disconnect_event(context(), 1005, "why")
    assert list(event) == ["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]
    assert event["headers"] == {"Host": "localhost:4566", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert event["multiValueHeaders"]["x-api-key"] == [""]
    keys = ["routeKey", "disconnectStatusCode", "eventType", *CONTEXT_KEYS]
    keys.insert(keys.index("messageDirection") + 1, "disconnectReason")
    assert list(event["requestContext"]) == keys
    assert event["requestContext"]["disconnectStatusCode"] == 1005
    assert event["requestContext"]["disconnectReason"] == "why"


def test_authorizer_is_in_every_event() -> None:
    """§3.5: on CONNECT, every MESSAGE and the DISCONNECT; its place is that of boto/boto3#3789's dump."""
    made = context(authorizer={"principalId": "ann", "integrationLatency": 3})
    disconnect = disconnect_event(made, 1000, "")["requestContext"]
    assert list(disconnect)[:4] == ["routeKey", "disconnectStatusCode", "authorizer", "eventType"]
    message = message_event(made, "send", "x")["requestContext"]
    assert list(message)[:4] == ["routeKey", "authorizer", "messageId", "eventType"]
    assert connect(made)["requestContext"]["authorizer"] == {"principalId": "ann", "integrationLatency": 3}


def test_headers_that_are_no_utf8() -> None:
    """A header may hold any bytes; the event is JSON all the same."""
    request = Request("GET", "/prod", "", CIMultiDictProxy(CIMultiDict({"X-Odd": "a\udcff"})))
    call = RouteCall(connect_event(context(), handshake_headers(request, NOW_MS), ""))
    assert json.loads(call.encoded())["headers"]["X-Odd"] == "a?"
