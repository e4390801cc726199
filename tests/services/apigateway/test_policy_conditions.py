"""Condition blocks (IAM's reference of condition operators)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request
from cloudrig.services.apigateway.policy_conditions import InvalidCondition, holds, request_keys

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HEADERS = CIMultiDictProxy(CIMultiDict({"User-Agent": "Chat/2.1", "Referer": "https://app.example/room"}))
KEYS = request_keys(Request("GET", "/", headers=HEADERS, client_ip="203.0.113.9"), NOW)


def test_keys_of_a_request() -> None:
    assert dict(KEYS) == {
        "aws:sourceip": "203.0.113.9",
        "aws:useragent": "Chat/2.1",
        "aws:referer": "https://app.example/room",
        "aws:securetransport": "false",
        "aws:currenttime": "2026-11-20T08:00:00Z",
        "aws:epochtime": str(int(NOW.timestamp())),
    }
    assert "aws:useragent" not in request_keys(Request("GET", "/"), NOW)


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [
        ("StringEquals", "aws:UserAgent", "Chat/2.1"),
        ("StringEquals", "AWS:useragent", ["x", "Chat/2.1"]),
        ("StringNotEquals", "aws:UserAgent", "chat/2.1"),
        ("StringEqualsIgnoreCase", "aws:UserAgent", "chat/2.1"),
        ("StringNotEqualsIgnoreCase", "aws:UserAgent", ["x", "y"]),
        ("StringLike", "aws:Referer", "https://*.example/*"),
        ("StringNotLike", "aws:Referer", "http://*"),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.0/24"]),
        ("IpAddress", "aws:SourceIp", "203.0.113.9"),
        ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "2001:db8::/32"]),
        ("Bool", "aws:SecureTransport", "false"),
        ("Bool", "aws:SecureTransport", False),
        ("NumericGreaterThan", "aws:EpochTime", 1_700_000_000),
        ("NumericLessThanEquals", "aws:EpochTime", str(int(NOW.timestamp()))),
        ("NumericNotEquals", "aws:EpochTime", "7"),
        ("DateLessThan", "aws:CurrentTime", "2026-11-20T08:00:01Z"),
        ("DateGreaterThanEquals", "aws:CurrentTime", "2026-11-20"),
        ("DateEquals", "aws:CurrentTime", str(int(NOW.timestamp()))),
        ("Null", "aws:TokenIssueTime", "true"),
        ("Null", "aws:SourceIp", False),
        ("StringEqualsIfExists", "aws:PrincipalTag/team", "x"),
        ("StringNotEquals", "aws:PrincipalTag/team", "x"),
        ("ForAnyValue:StringLike", "aws:UserAgent", "Chat/*"),
        ("ForAllValues:StringEquals", "aws:TagKeys", "x"),
    ],
)
def test_what_holds(name: str, key: str, values: Any) -> None:
    assert holds({name: {key: values}}, KEYS)


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [
        ("StringEquals", "aws:UserAgent", "chat/2.1"),
        ("StringNotEquals", "aws:UserAgent", ["x", "Chat/2.1"]),
        ("StringLike", "aws:Referer", "app.example"),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "203.0.113.0/24"]),
        ("Bool", "aws:SecureTransport", "true"),
        ("NumericLessThan", "aws:EpochTime", "7"),
        ("DateGreaterThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"),
        ("Null", "aws:SourceIp", "true"),
        ("StringEquals", "aws:PrincipalTag/team", "x"),
        ("StringEqualsIfExists", "aws:UserAgent", "x"),
        ("ForAnyValue:StringEquals", "aws:TagKeys", "x"),
    ],
)
def test_what_does_not(name: str, key: str, values: Any) -> None:
    assert not holds({name: {key: values}}, KEYS)


@pytest.mark.parametrize("operator", ["ArnLike", "ArnEquals"])
def test_arns_part_by_part(operator: str) -> None:
    """A `*` of one part does not reach over the next colon."""
    keys = {"aws:sourcearn": "arn:aws:iam::111111111111:role/r"}
    assert holds({operator: {"aws:SourceArn": "arn:aws:iam::*:role/*"}}, keys)
    assert not holds({operator: {"aws:SourceArn": "arn:*:role/*"}}, keys)
    assert not holds({operator.replace("Arn", "ArnNot"): {"aws:SourceArn": "arn:aws:iam::*:role/*"}}, keys)


def test_all_must_hold() -> None:
    good, bad = {"aws:SourceIp": "203.0.113.9"}, {"aws:UserAgent": "x"}
    assert holds({}, KEYS)
    assert holds({"IpAddress": good, "StringNotEquals": bad}, KEYS)
    assert not holds({"IpAddress": good, "StringEquals": bad}, KEYS)


@pytest.mark.parametrize(
    "condition",
    [
        [],
        "x",
        {"StringEquals": "x"},
        {"StringIs": {"aws:UserAgent": "x"}},
        {"StringEquals": {"aws:UserAgent": {"a": "b"}}},
        {"NumericEquals": {"aws:UserAgent": "7"}},
        {"IpAddress": {"aws:SourceIp": "office"}},
        {"DateLessThan": {"aws:CurrentTime": "tomorrow"}},
    ],
)
def test_invalid_conditions(condition: Any) -> None:
    """Unknown operators, and values that cannot be compared."""
    with pytest.raises(InvalidCondition):
        holds(condition, KEYS)
