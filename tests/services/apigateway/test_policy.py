"""Policies of authorizers (aws-behaviour §3.2, §3.5; IAM's evaluation logic)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.policy import Decision, InvalidPolicy, evaluate

ARN = "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/$connect"


def statement(effect: str = "Allow", resource: Any = ARN, action: Any = "execute-api:Invoke") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def decision(*statements: dict[str, Any]) -> Decision:
    return evaluate({"Version": "2012-10-17", "Statement": list(statements)}, ARN, {})


@pytest.mark.parametrize(
    "resource",
    [
        ARN,
        "*",
        "arn:aws:execute-api:*",
        "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/*",
        "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/*",
        "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/?connect",
        ["arn:aws:execute-api:eu-west-1:*", ARN],
    ],
)
def test_resources_that_match(resource: Any) -> None:
    """§3.2: the `$connect` ARN itself, wildcards over slashes, any one of a list."""
    assert decision(statement(resource=resource)) is Decision.ALLOWED


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/*/*",
        "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/dev/*",
        "arn:aws:execute-api:us-east-1:000000000000:ABCDEFGHIJ/prod/$connect",
        "",
        [],
    ],
)
def test_resources_that_do_not(resource: Any) -> None:
    """§3.2: `…/stage/*/*` does not match `…/stage/$connect` (aws-powertools/powertools-lambda-python#5800)."""
    assert decision(statement(resource=resource)) is Decision.NOT_ALLOWED


@pytest.mark.parametrize(
    "action", ["execute-api:Invoke", "execute-api:*", "*", "EXECUTE-API:invoke", ["s3:*", "execute-*"]]
)
def test_actions_that_match(action: Any) -> None:
    """Actions compare without case and with wildcards."""
    assert decision(statement(action=action)) is Decision.ALLOWED


def test_an_explicit_deny_wins() -> None:
    """However many statements allow, in whatever order."""
    assert decision(statement(), statement("Deny", "*")) is Decision.DENIED
    assert decision(statement("Deny", "*"), statement()) is Decision.DENIED
    assert decision(statement("Deny", "arn:other"), statement()) is Decision.ALLOWED


def test_not_forms_and_a_single_statement() -> None:
    """`NotAction`, `NotResource`, and a Statement that is no list."""
    single = {"Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::*"}
    assert evaluate({"Statement": single}, ARN, {}) is Decision.ALLOWED
    assert evaluate({"Statement": single | {"NotResource": "*"}}, ARN, {}) is Decision.NOT_ALLOWED


@pytest.mark.parametrize(("source_ip", "result"), [("10.1.2.3", Decision.ALLOWED), ("9.1.2.3", Decision.NOT_ALLOWED)])
def test_conditions(source_ip: str, result: Decision) -> None:
    """A statement applies where its Condition holds (test_policy_conditions.py)."""
    limited = statement() | {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}}
    assert evaluate({"Statement": limited}, ARN, {"aws:sourceip": source_ip}) is result


@pytest.mark.parametrize(
    "policy",
    [
        None,
        {},
        {"Statement": []},
        {"Statement": ["x"]},
        {"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": 7}]},
        {"Statement": [statement() | {"Condition": {"IpIsNice": {"aws:SourceIp": "10.0.0.0/8"}}}]},
        {"Statement": [statement(resource="other") | {"Condition": []}]},
    ],
)
def test_invalid_policies(policy: Any) -> None:
    """§3.2: no policy, no statements, nothing to match, conditions that there are not."""
    with pytest.raises(InvalidPolicy):
        evaluate(policy, ARN, {})
