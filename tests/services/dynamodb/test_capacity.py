"""Capacity is asked for only on the meter's behalf, and the sender sees nothing of it."""

import json

import pytest
from multidict import CIMultiDict

from cloudrig.engine.messages import Response
from cloudrig.services.dynamodb.capacity import asking, consumed


def test_a_request_is_made_to_ask() -> None:
    body, asked = asking(b' {"TableName": "t"}')
    assert not asked
    assert json.loads(body) == {"ReturnConsumedCapacity": "TOTAL", "TableName": "t"}


@pytest.mark.parametrize("body", [b'{"ReturnConsumedCapacity": "NONE"}', b"{}", b"{ }", b"nonsense", b""])
def test_a_request_that_says_itself_what_it_wants_or_makes_no_sense_stays_as_it_is(body: bytes) -> None:
    assert asking(body) == (body, True)


def answer(**members: object) -> Response:
    return Response(200, json.dumps(members).encode(), CIMultiDict({"x-amz-crc32": "1", "Content-Type": "x"}))


def test_what_was_not_asked_for_is_taken_out() -> None:
    response, units = consumed(answer(ConsumedCapacity={"CapacityUnits": 1.5}, Item={"a": {"S": "ü"}}), asked=False)
    assert units == 1.5
    assert json.loads(response.body) == {"Item": {"a": {"S": "ü"}}}
    assert "x-amz-crc32" not in response.headers


def test_what_was_asked_for_stays() -> None:
    told = [{"CapacityUnits": 2.0}, {"CapacityUnits": 1.0}]
    before = answer(ConsumedCapacity=told)
    response, units = consumed(before, asked=True)
    assert (response, units) == (before, 3.0)


def test_an_error_consumes_nothing() -> None:
    refusal = Response(400, b'{"__type": "x#ValidationException"}')
    assert consumed(refusal, asked=False) == (refusal, 0.0)
