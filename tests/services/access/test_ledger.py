"""What roles are used for, against what they allow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.credentials import Credentials, SessionCredentials
from cloudrig.engine.messages import Caller, Request
from cloudrig.engine.names import Scope
from cloudrig.services.access.ledger import Ledger
from tests.services.access.fakes import Iam

ROLE = "arn:aws:iam::000000000000:role/x/x-send"
TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/Messages"
CALLBACKS = "arn:aws:execute-api:us-east-1:000000000000:abc/prod/POST/@connections/*"
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:Query"], "Resource": TABLE},
        {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": [CALLBACKS]},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::files/uploads/*"},
    ]
}


@pytest.fixture
def credentials() -> Credentials:
    return Credentials()


@pytest.fixture
def issued(credentials: Credentials) -> SessionCredentials:
    return credentials.issue(ROLE)


@pytest.fixture
def ledger(credentials: Credentials) -> Ledger:
    ledger = Ledger(Iam(POLICY), credentials)
    ledger.restart()
    return ledger


def request(
    method: str = "POST", path: str = "/", body: bytes = b"", role: str | None = ROLE, **headers: str
) -> Request:
    given = CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))
    return Request(method, path, headers=given, body=body, caller=Caller(Scope(), "ASIA", role))


def dynamodb(operation: str, table: str = "Messages") -> tuple[Request, str, str]:
    return request(body=json.dumps({"TableName": table}).encode()), "dynamodb", operation


def role(ledger: Ledger) -> dict[str, Any]:
    report: Any = ledger.report()
    found: dict[str, Any] = report["roles"][ROLE]
    return found


async def test_calls_are_counted_and_compared(ledger: Ledger) -> None:
    for call in (dynamodb("PutItem"), dynamodb("PutItem"), dynamodb("Scan"), dynamodb("PutItem", "Users")):
        await ledger.note(*call)
    assert role(ledger)["calls"] == [
        {"action": "dynamodb:PutItem", "resource": TABLE, "times": 2, "allowed": True},
        {"action": "dynamodb:Scan", "resource": TABLE, "times": 1, "allowed": False},
        {
            "action": "dynamodb:PutItem",
            "resource": TABLE.replace("Messages", "Users"),
            "times": 1,
            "allowed": False,
        },
    ]
    used = {(each["action"], each["used"]) for each in role(ledger)["allows"]}
    assert used >= {("dynamodb:PutItem", True), ("dynamodb:Query", False), ("s3:PutObject", False)}


async def test_connections_are_one_whoever_is_posted_to(ledger: Ledger) -> None:
    for number in range(3):
        path = f"/_aws/execute-api/abc/prod/@connections/c{number}%3D"
        await ledger.note(request(path=path), "execute-api", None)
    (call,) = role(ledger)["calls"]
    assert (call["resource"], call["times"], call["allowed"]) == (CALLBACKS, 3, True)


async def test_an_upload_by_a_form_is_its_signers(ledger: Ledger, issued: SessionCredentials) -> None:
    fields = {"key": "uploads/a", "X-Amz-Credential": f"{issued.access_key_id}/20261127/us-east-1/s3/aws4_request"}
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    form = request(
        path="/files", body="".join(parts).encode(), role=None, Content_Type="multipart/form-data; boundary=b"
    )
    await ledger.note(form, "", None)
    (call,) = role(ledger)["calls"]
    assert (call["action"], call["resource"]) == ("s3:PutObject", "arn:aws:s3:::files/uploads/a")
    assert call["allowed"]


async def test_what_no_role_asks_for_is_not_noted(ledger: Ledger) -> None:
    await ledger.note(request(role=None), "dynamodb", "PutItem")
    assert ledger.report() == {"recording": True, "roles": {}}


async def test_each_recording_begins_with_nothing(ledger: Ledger) -> None:
    await ledger.note(*dynamodb("PutItem"))
    assert ledger.restart() == {"recording": True}
    assert ledger.report() == {"recording": True, "roles": {}}


def test_nothing_is_recorded_unasked(credentials: Credentials) -> None:
    assert not Ledger(Iam(POLICY), credentials).recording
