"""SigV4, as botocore signs (aws-behaviour §3.6, §7)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.credentials import Credentials
from cloudrig.engine.messages import Request
from cloudrig.engine.signatures import Verdict, check_signature

URLS = [
    "http://127.0.0.1:4566/_aws/execute-api/abcdefghij/prod",
    "http://127.0.0.1:4566/prod/@connections/AAAAAAAAAAACAAA%3D",
    "https://abc.execute-api.localhost:4567/prod/a%20b/c?z=1&a=%2Fx&a=2&empty=",
]


@pytest.fixture
def credentials() -> Credentials:
    return Credentials()


def signed(
    url: str,
    keys: Keys,
    *,
    method: str = "POST",
    body: bytes = b"hi",
    in_query: bool = False,
    service: str = "execute-api",
) -> Request:
    """A request as a client of the rig would send it."""
    sent = AWSRequest(method, url, headers={"X-Custom": " a   b "}, data=body)
    signer = SigV4QueryAuth if in_query else SigV4Auth
    signer(keys, service, "eu-west-1").add_auth(sent)
    parts = urlsplit(str(sent.url))
    headers: CIMultiDict[str] = CIMultiDict(sent.headers.items())
    headers.setdefault("Host", parts.netloc)
    return Request(method, parts.path, parts.query, CIMultiDictProxy(headers), body)


def issued(credentials: Credentials) -> Keys:
    made = credentials.issue("arn:aws:iam::000000000000:role/r")
    return Keys(made.access_key_id, made.secret_access_key, made.session_token)


@pytest.mark.parametrize("url", URLS)
def test_true_signatures(credentials: Credentials, url: str) -> None:
    keys = issued(credentials)
    assert check_signature(signed(url, keys), credentials, "execute-api") is Verdict.VALID
    presigned = signed(url, keys, method="GET", body=b"", in_query=True)
    assert check_signature(presigned, credentials, "execute-api") is Verdict.VALID


@pytest.mark.parametrize("url", URLS)
def test_false_signatures(credentials: Credentials, url: str) -> None:
    """Another secret, another body, path, query or signed header."""
    keys = issued(credentials)
    forged = Keys(keys.access_key, "wrong", keys.token)
    assert check_signature(signed(url, forged), credentials, "execute-api") is Verdict.FALSE
    for change in ({"body": b"ho"}, {"path": "/other"}, {"query": "x=1"}, {"method": "DELETE"}):
        request = signed(url, keys)
        for name, value in change.items():
            setattr(request, name, value)
        assert check_signature(request, credentials, "execute-api") is Verdict.FALSE
    request = signed(url, keys)
    request.headers = CIMultiDictProxy(CIMultiDict({**request.headers, "X-Amz-Date": "20200101T000000Z"}))
    assert check_signature(request, credentials, "execute-api") is Verdict.FALSE


@pytest.mark.parametrize(
    ("header", "old", "new"),
    [
        ("Authorization", "Signature=", "Signature=é"),
        ("X-Amz-Date", "Z", "\udcff"),
    ],
)
def test_bytes_that_nobody_signs(credentials: Credentials, header: str, old: str, new: str) -> None:
    request = signed(URLS[0], issued(credentials))
    changed = {**request.headers, header: request.headers[header].replace(old, new)}
    request.headers = CIMultiDictProxy(CIMultiDict(changed))
    assert check_signature(request, credentials, "execute-api") is Verdict.FALSE


def test_session_token(credentials: Credentials) -> None:
    keys = issued(credentials)
    request = signed(URLS[0], Keys(keys.access_key, keys.secret_key, "other"))
    assert check_signature(request, credentials, "execute-api") is Verdict.UNKNOWN_SESSION
    request = signed(URLS[0], Keys(keys.access_key, keys.secret_key))
    assert check_signature(request, credentials, "execute-api") is Verdict.UNKNOWN_SESSION


def test_keys_that_the_rig_does_not_know(credentials: Credentials) -> None:
    """Any key is accepted, if it signs for `execute-api`."""
    keys = Keys("AKIDEXAMPLE", "whatever")
    assert check_signature(signed(URLS[0], keys), credentials, "execute-api") is Verdict.VALID
    assert check_signature(signed(URLS[0], keys, service="lambda"), credentials, "execute-api") is Verdict.OTHER_SERVICE
    presigned = signed(URLS[0], keys, body=b"", in_query=True, service="lambda")
    assert check_signature(presigned, credentials, "execute-api") is Verdict.OTHER_SERVICE


@pytest.mark.parametrize("authorization", ["", "Bearer token", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c"])
def test_no_signature(credentials: Credentials, authorization: str) -> None:
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": authorization}))
    assert check_signature(Request("GET", "/", "a=b", headers), credentials, "execute-api") is Verdict.MISSING
