"""Sources of parameter mappings (aws-behaviour §1.4; AG `websocket-api-data-mapping.html`)."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from cloudrig.services.apigateway.backends import BackendAnswer
from cloudrig.services.apigateway.websocket.integrations.base import RouteCall
from cloudrig.services.apigateway.websocket.integrations.mappings import (
    compile_parameters,
    request_value,
    response_value,
)

MESSAGE = RouteCall(
    {
        "stageVariables": {"v": "blue"},
        "requestContext": {"eventType": "MESSAGE", "connectionId": "C=", "identity": {"sourceIp": "127.0.0.1"}, "n": 7},
        "body": '{"a": [1, {"b": "x"}]}',
    },
    {"a": [1, {"b": "x"}]},
)
CONNECT = RouteCall(
    {
        "headers": {"X-Room": "b"},
        "multiValueHeaders": {"X-Room": ["a", "b"]},
        "queryStringParameters": {"q": "2"},
        "multiValueQueryStringParameters": {"q": ["1", "2"]},
        "requestContext": {"eventType": "CONNECT"},
    }
)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("'it''s'", "it''s"),
        ("context.connectionId", "C="),
        ("context.identity.sourceIp", "127.0.0.1"),
        ("context.n", "7"),
        ("context.identity", None),
        ("context.nothing", None),
        ("stageVariables.v", "blue"),
        ("stageVariables.w", None),
        ("route.request.body", '{"a": [1, {"b": "x"}]}'),
        ("route.request.body.a[1].b", "x"),
        ("route.request.body.a[1]", '{"b":"x"}'),
        ("route.request.body.z", None),
        ("route.request.header.X-Room", None),
    ],
)
def test_of_a_message(source: str, value: str | None) -> None:
    assert request_value(MESSAGE, source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("route.request.header.x-room", "b"),
        ("route.request.multivalueheader.X-Room", "a,b"),
        ("route.request.querystring.q", "2"),
        ("route.request.multivaluequerystring.q", "1,2"),
        ("route.request.querystring.z", None),
    ],
)
def test_of_a_handshake(source: str, value: str | None) -> None:
    assert request_value(CONNECT, source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("integration.response.header.x-many", "2"),
        ("integration.response.multivalueheader.X-Many", "1,2"),
        ("integration.response.header.X-None", None),
        ("integration.response.body.a.b", "c"),
        ("integration.response.body", '{"a": {"b": "c"}}'),
        ("integration.response.body.z", None),
        ("stageVariables.v", "blue"),
    ],
)
def test_of_an_answer(source: str, value: str | None) -> None:
    headers = CIMultiDict([("X-Many", "1"), ("X-Many", "2")])
    answer = BackendAnswer(200, headers, b'{"a": {"b": "c"}}', "200")
    assert response_value(MESSAGE, answer, source) == value


def test_only_what_the_route_declares() -> None:
    """DM: parameters of the handshake must be declared in the route before they can be mapped."""
    mappings = {
        "integration.request.header.A": "route.request.querystring.q",
        "integration.request.header.B": "route.request.querystring.r",
        "integration.request.header.C": "'c'",
    }
    made = compile_parameters(mappings, {"route.request.querystring.q"})
    assert made.values(CONNECT, "header") == [("A", "2"), ("C", "c")]
    assert made.values(CONNECT, "path") == []
