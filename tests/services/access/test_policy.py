"""Policies of roles: what is allowed, what is denied, and on what."""

import pytest

from cloudrig.services.access.policy import Decision, decide

TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/chat-Users"


def allow(action: object, resource: object = "*", effect: str = "Allow") -> dict[str, object]:
    return {"Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        (allow("dynamodb:GetItem", TABLE), Decision.ALLOWED),
        (allow(["dynamodb:PutItem", "dynamodb:getitem"], [TABLE]), Decision.ALLOWED),
        (allow("dynamodb:Get*", "arn:aws:dynamodb:*:*:table/chat-?sers"), Decision.ALLOWED),
        (allow("*"), Decision.ALLOWED),
        (allow("dynamodb:PutItem", TABLE), Decision.NOT_ALLOWED),
        (allow("dynamodb:GetItem", f"{TABLE}/index/x"), Decision.NOT_ALLOWED),
        (allow("dynamodb:*", TABLE, effect="Deny"), Decision.DENIED),
        ({"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}, Decision.ALLOWED),
        ({"Statement": {"Effect": "Allow", "Action": "*", "NotResource": TABLE}}, Decision.NOT_ALLOWED),
    ],
)
def test_one_policy(policy: dict[str, object], decision: Decision) -> None:
    assert decide([policy], "dynamodb:GetItem", TABLE) is decision


def test_a_denial_wins_over_every_permission() -> None:
    policies = [allow("*"), allow("dynamodb:GetItem", TABLE, effect="Deny")]
    assert decide(policies, "dynamodb:GetItem", TABLE) is Decision.DENIED
    assert decide(policies, "dynamodb:PutItem", TABLE) is Decision.ALLOWED


def test_where_the_resource_is_not_known_the_action_alone_counts() -> None:
    assert decide([allow("logs:PutLogEvents", "arn:aws:logs:::x")], "logs:PutLogEvents", None) is Decision.ALLOWED
    assert decide([allow("logs:PutLogEvents")], "logs:CreateLogGroup", None) is Decision.NOT_ALLOWED
