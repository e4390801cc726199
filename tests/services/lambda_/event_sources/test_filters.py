"""What patterns are compared with, by source: Lambda guide `with-ddb-filtering.html` and its siblings."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cloudrig.services.lambda_.event_sources.filters import compile_filter
from cloudrig.services.lambda_.event_sources.mapping import Source


def passes(source: Source, pattern: object, record: dict[str, Any]) -> bool:
    matches = compile_filter(source, [json.dumps(pattern)])
    assert matches is not None
    return matches(record)


def test_without_patterns_there_is_no_filter() -> None:
    assert compile_filter(Source.SQS, []) is None


def test_a_dynamodb_record_as_it_is() -> None:
    record: dict[str, Any] = {"eventName": "INSERT", "dynamodb": {"NewImage": {"n": {"N": "101"}}}}
    assert passes(Source.DYNAMODB, {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"n": {"N": ["101"]}}}}, record)
    pattern = {"dynamodb": {"NewImage": {"n": {"N": [{"numeric": ["=", 101]}]}}}}
    assert not passes(Source.DYNAMODB, pattern, record), "numbers of items are text"


@pytest.mark.parametrize(
    ("body", "pattern", "expected"),
    [
        ('{"code": "B", "n": 1}', {"body": {"code": ["B"]}}, True),
        ('{"code": "A"}', {"body": {"code": ["B"]}}, False),
        ("plain", {"body": ["plain"]}, True),
        ("plain", {"body": {"code": ["B"]}}, False),
        ('{"code": "B"}', {"body": ['{"code": "B"}']}, False),
        ("plain", {"messageId": ["m1"]}, True),
        ('{"n": [1, 2]}', {"body": {"n": [2]}}, True),
    ],
)
def test_the_body_of_a_message(body: str, pattern: object, expected: bool) -> None:
    assert passes(Source.SQS, pattern, {"messageId": "m1", "body": body}) is expected


@pytest.mark.parametrize(
    ("data", "pattern", "expected"),
    [
        (b'{"code": "B"}', {"data": {"code": ["B"]}}, True),
        (b"plain", {"data": ["plain"]}, True),
        (b"plain", {"data": {"code": ["B"]}}, False),
        (b"\xff\xfe", {"partitionKey": ["p"]}, True),
        (b"{}", {"partitionKey": ["q"]}, False),
    ],
)
def test_the_data_of_a_kinesis_record(data: bytes, pattern: object, expected: bool) -> None:
    kinesis = {"partitionKey": "p", "data": base64.b64encode(data).decode()}
    assert passes(Source.KINESIS, pattern, {"kinesis": kinesis}) is expected
