"""Roles that services assume.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
"""

from __future__ import annotations

from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Caller, Request
from cloudrig.services.access.service_roles import ServiceRoles
from tests.services.access.fakes import Iam

ROLE = "arn:aws:iam::000000000000:role/caller"
GATEWAY = "apigateway.amazonaws.com"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["lambda.amazonaws.com", GATEWAY]}}
FORM = CIMultiDictProxy(CIMultiDict({"Content-Type": "application/x-www-form-urlencoded"}))


@pytest.mark.parametrize(
    ("trust", "may"),
    [
        (None, False),
        ([TRUST], True),
        ([TRUST | {"Principal": {"Service": "lambda.amazonaws.com"}}], False),
        ([TRUST | {"Principal": {"AWS": "*"}}], False),
        ([TRUST, TRUST | {"Effect": "Deny"}], False),
    ],
    ids=["no role", "trusted", "another service", "accounts", "denied"],
)
async def test_who_may_assume_a_role(trust: Any, may: bool) -> None:
    roles = ServiceRoles(Iam(trust={"Statement": trust} if trust else None))
    assert await roles.may_assume(ROLE, GATEWAY) is may


async def test_a_role_is_read_again_after_iam_was_asked() -> None:
    iam = Iam(trust={"Statement": [TRUST]})
    roles = ServiceRoles(iam)
    assert await roles.may_assume(ROLE, GATEWAY)
    iam.trust = None
    roles.passed_on("sqs")
    assert await roles.may_assume(ROLE, GATEWAY)
    roles.passed_on("iam")
    assert not await roles.may_assume(ROLE, GATEWAY)


@pytest.mark.parametrize(("query", "body"), [("", b"Action=SendMessage"), ("Action=SendMessage", b"")])
async def test_what_a_role_may_do(query: str, body: bytes) -> None:
    iam = Iam(policy={"Statement": [{"Effect": "Allow", "Action": "sqs:Send*", "Resource": "*"}]})
    request = Request("POST", "/", query, FORM, body, caller=Caller(role_arn=ROLE, session="s"))
    assert await ServiceRoles(iam).denial(request, "sqs") is None
    refused = await ServiceRoles(Iam()).denial(request, "sqs")
    assert refused is not None
    assert refused.status == 403
    assert b"assumed-role/caller/s is not authorized to perform: sqs:SendMessage" in refused.body
