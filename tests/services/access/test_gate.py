"""Who gets into a rehearsal, and who does not."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials, SessionCredentials
from cloudrig.engine.messages import Request
from cloudrig.services.access.gate import Gate
from tests.services.access.fakes import Iam

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
def gate(credentials: Credentials, clock: Clock) -> Gate:
    return Gate(credentials, Iam(), clock)


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
