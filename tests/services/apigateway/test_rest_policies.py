"""Policies of Lambda authorizers."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.rest_policies import Decision, InvalidPolicy, evaluate

ARN = "arn:aws:execute-api:us-east-1:000000000000:api1234567/prod/GET/pets/7"


def statement(effect: str, resource: Any = "*", action: Any = "execute-api:Invoke") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    ("document", "decision"),
    [
        (policy(statement("Allow", ARN)), Decision.ALLOW),
        (policy(statement("Allow", "arn:aws:execute-api:*:*:*/prod/GET/*")), Decision.ALLOW),
        (policy(statement("Allow", ["x", ARN[:-1] + "?"])), Decision.ALLOW),
        (policy(statement("Allow", ARN.replace("GET", "POST"))), Decision.NONE),
        (policy(statement("Allow", action="execute-api:*")), Decision.ALLOW),
        (policy(statement("Allow", action=["s3:GetObject", "EXECUTE-API:invoke"])), Decision.ALLOW),
        (policy(statement("Allow", action="lambda:InvokeFunction")), Decision.NONE),
        (policy(statement("Allow"), statement("Deny", ARN)), Decision.DENY),
        (policy(statement("Deny", ARN), statement("Allow")), Decision.DENY),
        (policy(), Decision.NONE),
        ({"Statement": statement("Allow")}, Decision.ALLOW),
        ({"Statement": {"Effect": "Allow", "NotAction": "s3:*", "NotResource": "x"}}, Decision.ALLOW),
        ({"Statement": {"Effect": "Allow", "Action": "*", "NotResource": ARN}}, Decision.NONE),
    ],
)
def test_decisions(document: Any, decision: Decision) -> None:
    """A deny wins whatever the order; wildcards cross slashes; actions compare without case."""
    assert evaluate(document, ARN) is decision


@pytest.mark.parametrize(
    "document",
    [
        None,
        "allow",
        {},
        policy({"Action": "*", "Resource": "*"}),
        policy({"Effect": "Allow", "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "*"}),
        policy(statement("Allow", 7)),
        policy(statement("Allow") | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}),
    ],
)
def test_documents_that_are_no_policy(document: Any) -> None:
    with pytest.raises(InvalidPolicy):
        evaluate(document, ARN)
