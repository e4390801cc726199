"""Resource policies: Lambda guide `access-control-resource-based.html`; IAM guide, condition operators."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.services.lambda_.policy import Policy, arn_like, statement_of

RESOURCE = "arn:aws:lambda:us-east-1:000000000000:function:chat"
GATEWAY = "apigateway.amazonaws.com"
ROUTE = "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/$connect"


def allowing(**members: Any) -> Policy:
    policy = Policy()
    given = {"StatementId": "one", "Action": "lambda:InvokeFunction", "Principal": GATEWAY} | members
    policy.add(statement_of(given, RESOURCE))
    return policy


def test_a_service_may_invoke_if_a_statement_says_so() -> None:
    assert allowing().allows(GATEWAY, ROUTE)
    assert not allowing().allows("events.amazonaws.com", ROUTE)
    assert not Policy().allows(GATEWAY, ROUTE)


def test_an_action_other_than_invoke_does_not_allow_it() -> None:
    assert not allowing(Action="lambda:GetFunction").allows(GATEWAY, ROUTE)
    assert allowing(Action="lambda:*").allows(GATEWAY, ROUTE)


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ("arn:aws:execute-api:us-east-1:000000000000:abcdefghij/*", True),
        ("arn:aws:execute-api:us-east-1:000000000000:abcdefghij/*/$connect", True),
        ("arn:aws:execute-api:*:*:*", True),
        ("arn:aws:execute-api:us-east-1:000000000000:another-api/*", False),
        ("arn:aws:execute-api:us-east-1:999999999999:*", False),
        ("arn:aws:*", False),
    ],
)
def test_source_arn_is_matched_part_by_part(pattern: str, holds: bool) -> None:
    """ArnLike checks each of the six parts; `arn:aws:*` has only three."""
    assert allowing(SourceArn=pattern).allows(GATEWAY, ROUTE) is holds


def test_source_account_is_the_source_arns() -> None:
    assert allowing(SourceAccount="000000000000").allows(GATEWAY, ROUTE)
    assert not allowing(SourceAccount="999999999999").allows(GATEWAY, ROUTE)
    assert not allowing(SourceAccount="000000000000").allows(GATEWAY, None)


def test_a_condition_no_service_call_carries_does_not_hold() -> None:
    assert not allowing(EventSourceToken="token").allows(GATEWAY, ROUTE)


def test_a_decision_is_forgotten_when_the_policy_changes() -> None:
    policy = allowing()
    assert policy.allows(GATEWAY, ROUTE)
    policy.remove("one")
    assert not policy.allows(GATEWAY, ROUTE)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (GATEWAY, {"Service": GATEWAY}),
        ("111122223333", {"AWS": "arn:aws:iam::111122223333:root"}),
        ("arn:aws:iam::111122223333:role/x", {"AWS": "arn:aws:iam::111122223333:role/x"}),
        ("*", "*"),
    ],
)
def test_principals_as_aws_writes_them(given: str, written: object) -> None:
    assert json.loads(allowing(Principal=given).document())["Statement"][0]["Principal"] == written


def test_wildcards_do_not_cross_parts() -> None:
    assert arn_like("arn:aws:s?:::bucket*", "arn:aws:s3:::bucket/key")
    assert not arn_like("arn:aws:s3:*:bucket", "arn:aws:s3:::bucket")
