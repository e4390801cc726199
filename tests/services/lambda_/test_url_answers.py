"""Answers of functions as responses of their URLs: what can be none is a BadAnswer, for which the client gets a 502."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from cloudrig.services.lambda_.url_answers import INTEGRATION_RESPONSE, BadAnswer, buffered, streamed


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(
    "members",
    [
        {"headers": ["X-A"]},
        {"headers": "X-A: b"},
        {"headers": {"X A\r\nB": "c"}},
        {"headers": {"X-A": {}}},
        {"cookies": "a=1"},
        {"statusCode": 101},
        {"statusCode": float("inf")},
        {"body": "é", "isBase64Encoded": True},
    ],
)
def test_what_can_be_no_response(members: dict[str, object]) -> None:
    with pytest.raises(BadAnswer):
        buffered(json.dumps({"statusCode": 200, **members}).encode())


async def test_json_nested_deeper_than_can_be_read() -> None:
    deep = b"[" * 100_000
    with pytest.raises(BadAnswer):
        buffered(deep)
    with pytest.raises(BadAnswer):
        await streamed(INTEGRATION_RESPONSE, pieces_of(deep + bytes(8)))


def test_no_value_ends_its_header() -> None:
    """What follows a line break stays in the value; halves of characters cannot be sent."""
    headers = {"X-A": "b\r\nX-C: d\ud800", "X-B": ["c\n", 1, True]}
    described = {"statusCode": 200, "headers": headers, "cookies": ["a=1\n"], "body": "\ud800"}
    answer = buffered(json.dumps(described).encode())
    assert answer.body == b"?"
    assert dict(answer.headers) == {
        "X-A": "bX-C: d",
        "X-B": "c,1,true",
        "Set-Cookie": "a=1",
        "Content-Type": "application/json",
    }
