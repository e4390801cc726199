from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from handlers.adapters import signing
from handlers.adapters.signing import Credentials, Signer

HOST = "abcdefghij.execute-api.eu-central-1.amazonaws.com"
STAMP = "20261127T021500Z"


@pytest.mark.parametrize("token", ["session+/=", None])
@pytest.mark.parametrize("service", ["dynamodb", "execute-api", "s3"])
def test_signs_as_botocore_does(monkeypatch: pytest.MonkeyPatch, service: str, token: str | None) -> None:
    monkeypatch.setattr(signing, "timestamp", lambda: STAMP)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: _moment())
    path, body = "/prod/@connections/Bx1d%2FcnpIAMCJ9g%3D", "ä😀".encode()
    headers = {"Content-Type": "application/json", "Host": HOST}
    if service == "s3":
        headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    request = AWSRequest("POST", f"https://{HOST}{path}", headers=headers, data=body)
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(BotocoreCredentials("AKIATEST", "secret", token), service, "eu-central-1").add_auth(request)
    if service == "s3":
        headers["X-Amz-Content-SHA256"] = request.headers["X-Amz-Content-SHA256"]
    ours = Signer(Credentials("AKIATEST", "secret", token), service, "eu-central-1").sign("POST", path, headers, body)
    assert ours["Authorization"] == request.headers["Authorization"]
    assert ours.get("X-Amz-Security-Token") == token


def test_the_key_changes_with_the_day() -> None:
    signer = Signer(Credentials("AKIATEST", "secret"), "dynamodb", "us-east-1")
    days = [signer.signature("x", stamp) for stamp in ("20261127T235959Z", "20261128T000000Z", "20261127T235959Z")]
    assert days[0] == days[2] != days[1]


def test_what_is_secret_is_not_shown() -> None:
    shown = repr(Credentials("AKIATEST", "secret", "session"))
    assert "secret" not in shown
    assert "session" not in shown


def _moment() -> datetime:
    return datetime.strptime(STAMP, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
