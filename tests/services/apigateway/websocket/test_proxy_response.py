"""What a function may answer to a WebSocket route (aws-behaviour §5.1)."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudrig.services.apigateway.websocket.proxy_response import MalformedResponse, parse_proxy_response


def parsed(answer: Any) -> tuple[int, str, dict[str, str]]:
    response = parse_proxy_response(json.dumps(answer).encode())
    return response.status, response.body, dict(response.headers)


def test_everything_at_once() -> None:
    """§5.1: all that is allowed; header names compare without case, the last value wins."""
    answer = {
        "statusCode": 201,
        "body": "text",
        "headers": {"Sec-WebSocket-Protocol": "chat", "n": 1, "b": True},
        "multiValueHeaders": {"N": ["2", "3"]},
        "isBase64Encoded": False,
    }
    assert parsed(answer) == (201, "text", {"sec-websocket-protocol": "chat", "n": "3", "b": "true"})


def test_the_least() -> None:
    """§5.1: statusCode is all that is needed; null stands for absent."""
    assert parsed({"statusCode": 200}) == (200, "", {})
    assert parsed({"statusCode": 200, "body": None, "headers": None}) == (200, "", {})


def test_base64() -> None:
    """A base64 body is sent decoded, as text."""
    assert parsed({"statusCode": 200, "body": "w6k=", "isBase64Encoded": True}) == (200, "é", {})


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        7,
        {},
        {"body": "x"},
        {"statusCode": "200"},
        {"statusCode": True},
        {"statusCode": 101},
        {"statusCode": 200, "body": {"message": "hi"}},
        {"statusCode": 200, "Data": "x"},
        {"statusCode": 200, "ConnectionId": "x"},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
        {"statusCode": 200, "body": "x", "isBase64Encoded": "yes"},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
    ],
)
def test_malformed(answer: Any) -> None:
    """§5.1: unknown keys, no object, no status, a body that is no string: the whole answer is malformed."""
    with pytest.raises(MalformedResponse):
        parsed(answer)


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[" * 100_000])
def test_no_json(payload: bytes) -> None:
    """A function may answer any bytes."""
    with pytest.raises(MalformedResponse):
        parse_proxy_response(payload)


@given(st.binary(max_size=200))
def test_any_bytes(payload: bytes) -> None:
    """Fuzz: an answer or MalformedResponse, nothing else."""
    with contextlib.suppress(MalformedResponse):
        parse_proxy_response(payload)
