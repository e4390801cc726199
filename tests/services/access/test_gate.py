"""Who gets into a rehearsal, and who does not."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Keys
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials, SessionCredentials
from cloudrig.engine.messages import Caller, Request
from cloudrig.engine.names import Scope
from cloudrig.services.access.gate import Gate
from tests.services.access.fakes import Iam

ROLE = "arn:aws:iam::000000000000:role/r"
USER = "arn:aws:iam::000000000000:user/me"


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(only_own=True)


@pytest.fixture
def clock() -> Clock:
    """That of the machine, which clients sign by; it stands still."""
    now_s = time.time()
    return Clock(lambda: now_s)


@pytest.fixture
def iam() -> Iam:
    return Iam()


@pytest.fixture
def gate(credentials: Credentials, iam: Iam, clock: Clock) -> Gate:
    return Gate(credentials, iam, clock)


async def is_refused(gate: Gate, request: Request, *, public: bool = False) -> bool:
    return await gate.refuse(request, None, public=public) is not None


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_path_that_looks_published_opens_nothing(gate: Gate, method: str) -> None:
    """What user pools publish is served by a plane of its own, which is public."""
    headers = CIMultiDictProxy(CIMultiDict({"Host": "s3.eu-west-1.amazonaws.com"}))
    assert await is_refused(gate, Request(method, "/private-bucket/.well-known/x", headers=headers))


def client(issued: SessionCredentials) -> Any:
    return boto3.client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id=issued.access_key_id,
        aws_secret_access_key=issued.secret_access_key,
        config=Config(signature_version="s3v4"),
    )


async def test_a_presigned_address_expires(gate: Gate, credentials: Credentials, clock: Clock) -> None:
    s3 = client(credentials.issue_to_user(USER))
    url = urlsplit(s3.generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"}, ExpiresIn=600))
    request = Request("GET", url.path, url.query, CIMultiDictProxy(CIMultiDict({"Host": url.netloc})))
    clock.advance(590)
    assert not await is_refused(gate, request)
    clock.advance(20)
    refused = await gate.refuse(request, None, public=False)
    assert refused is not None
    assert (refused.status, b"<Code>AccessDenied</Code>" in refused.body) == (403, True)
    assert b"Request has expired" in refused.body


async def test_a_signed_form_expires(gate: Gate, credentials: Credentials, clock: Clock) -> None:
    post = client(credentials.issue_to_user(USER)).generate_presigned_post("b", "k", ExpiresIn=600)
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in post["fields"].items()
    ]
    headers = CIMultiDictProxy(CIMultiDict({"Content-Type": "multipart/form-data; boundary=b"}))
    request = Request("POST", "/", headers=headers, body="".join(parts).encode())
    clock.advance(590)
    assert not await is_refused(gate, request)
    clock.advance(20)
    refused = await gate.refuse(request, None, public=False)
    assert refused is not None
    assert (refused.status, b"Policy expired" in refused.body) == (403, True)


def signed(issued: SessionCredentials, service: str, method: str, path: str, body: bytes, target: str = "") -> Request:
    sent = AWSRequest(method, f"https://{service}.eu-west-1.amazonaws.com{path}", data=body)
    sent.headers["Host"] = f"{service}.eu-west-1.amazonaws.com"
    if target:
        sent.headers["X-Amz-Target"] = target
    keys = Keys(issued.access_key_id, issued.secret_access_key, issued.session_token or None)
    SigV4Auth(keys, service, "eu-west-1").add_auth(sent)
    headers = CIMultiDictProxy(CIMultiDict(sent.headers.items()))
    caller = Caller(Scope(), issued.access_key_id, issued.role_arn)
    return Request(method, path, headers=headers, body=body, caller=caller)


async def test_a_call_while_iam_changes_keeps_no_old_policy(gate: Gate, credentials: Credentials, iam: Iam) -> None:
    listing = signed(credentials.issue(ROLE), "dynamodb", "POST", "/", b"{}", "DynamoDB_20120810.ListTables")
    change = signed(credentials.issue_to_user(USER), "iam", "POST", "/", b"Action=PutRolePolicy&RoleName=r")
    assert not await is_refused(gate, change)
    assert await is_refused(gate, listing)
    iam.policy = {"Statement": [{"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*"}]}
    gate.passed_on(change, "iam")
    assert not await is_refused(gate, listing)


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"Role": 1, "FunctionName": 2}'])
async def test_what_lambda_cannot_read_lambda_answers(gate: Gate, credentials: Credentials, body: bytes) -> None:
    request = signed(credentials.issue_to_user(USER), "lambda", "POST", "/2015-03-31/functions", body)
    assert await gate.refuse(request, "CreateFunction", public=False) is None
