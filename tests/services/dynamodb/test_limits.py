from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from cloudrig.services.dynamodb.errors import (
    RequestEntityTooLargeException,
    SerializationException,
    ValidationException,
)
from cloudrig.services.dynamodb.limits import MAX_REQUEST_BYTES, read_body
from tests.services.dynamodb.conftest import Api, Failed, item


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


def test_ordinary_body_is_the_very_same() -> None:
    body = b'{"TableName":"t","Item":{"id":{"S":"((({{{[[["}}}'
    assert read_body(body, None) is body


def test_gzip_is_unpacked() -> None:
    assert read_body(gzip.compress(b'{"TableName":"t"}'), "gzip") == b'{"TableName":"t"}'


def test_broken_gzip_is_the_callers_fault() -> None:
    with pytest.raises(SerializationException):
        read_body(b"not gzip", "gzip")


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_more_than_16_mb_is_refused(encoding: str | None) -> None:
    body = b"x" * (MAX_REQUEST_BYTES + 1)
    with pytest.raises(RequestEntityTooLargeException):
        read_body(gzip.compress(body) if encoding else body, encoding)


@pytest.mark.parametrize("levels", [60, 5_000, 200_000])
def test_absurd_json_is_refused(levels: int) -> None:
    body = b'{"Item":' + b'{"L":[' * levels + b'{"S":"x"}' + b"]}" * levels + b"}"
    with pytest.raises(ValidationException, match="Nesting Levels have exceeded supported limits"):
        read_body(body, None)


def test_many_items_side_by_side_are_not_deep() -> None:
    body = json.dumps({"RequestItems": {"t": [{"PutRequest": {"Item": nested(31)}}] * 25}}).encode()
    assert read_body(body, None) == body


def test_brackets_inside_text_do_not_count() -> None:
    body = json.dumps({"Item": {"a": {"S": '"{[' * 500}}}).encode()
    assert read_body(body, None) == body


@pytest.mark.parametrize(
    "request_",
    [
        {"ConditionExpression": "NOT(" * 301 + "a=b" + ")" * 301},
        {"TransactItems": [{"Update": {"UpdateExpression": "SET a=" + "(" * 400 + "b" + ")" * 400}}]},
        {"Statement": "SELECT * FROM t WHERE " + "(" * 5000 + "a=1" + ")" * 5000},
    ],
)
def test_absurd_expressions_are_refused(request_: dict[str, Any]) -> None:
    with pytest.raises(ValidationException, match="nested too deeply"):
        read_body(json.dumps(request_).encode(), None)


def test_parentheses_in_text_are_nobodys_business() -> None:
    body = json.dumps({"Item": {"a": {"S": "(" * 10_000}}, "ConditionExpression": "attribute_exists(a)"}).encode()
    assert read_body(body, None) == body


@pytest.mark.parametrize(("levels", "legal"), [(31, True), (32, False), (44, False), (45, False), (200, False)])
async def test_depth_of_an_attribute(api: Api, levels: int, legal: bool) -> None:
    """32 levels are the limit, however far beyond it a request goes (ServiceQuotas: nested attributes)."""
    table = await api.table()
    if legal:
        await api.put(table, "a", deep=nested(levels))
        return
    with pytest.raises(Failed, match="Nesting Levels have exceeded supported limits") as failure:
        await api.put(table, "a", deep=nested(levels))
    assert failure.value.kind.endswith("#ValidationException")


async def test_item_of_more_than_400_kb_is_refused(api: Api) -> None:
    table = await api.table()
    with pytest.raises(Failed, match="Item size has exceeded the maximum allowed size"):
        await api("PutItem", TableName=table, Item=item("a", text="x" * 410_000))
