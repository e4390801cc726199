"""The format of access logs (AG `set-up-logging.html`)."""

from __future__ import annotations

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.access_logs import AccessLog, check_settings
from cloudrig.services.apigateway.errors import BadRequestException
from tests.services.apigateway.fakes import FakeLogs

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:access"


def line(text: str) -> str:
    logs = FakeLogs()
    log = AccessLog(logs, Scope(), {"destinationArn": GROUP + ":*", "format": text}, "api/prod")
    context = {
        "requestId": "r",
        "status": 200,
        "identity": {"sourceIp": "::1", "user": None},
        "authorizer": {"a-b": "c"},
    }
    log.write(7, context)
    [written] = logs.lines["access"]
    return written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$context.requestId", "r"),
        ('{"id":"$context.requestId","status":$context.status}\n', '{"id":"r","status":200}\n'),
        ("$context.identity.sourceIp/$context.identity.user/$context.nothing.at.all", "::1/-/-"),
        ("$context.authorizer.a-b $context $contextual $context.identity", "c $context $contextual -"),
    ],
)
def test_lines(text: str, expected: str) -> None:
    """What has no value is `-`."""
    assert line(text) == expected


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        (GROUP, None),
        (None, "$context.requestId"),
        (GROUP, "$context.status"),
        (GROUP, "$context.requestId" + " " * 3072),
        (GROUP, "$context.requestId\n$context.status"),
        ("arn:aws:s3:::bucket", "$context.requestId"),
        ("access", "$context.requestId"),
    ],
)
def test_settings_that_cannot_be(arn: str | None, text: str | None) -> None:
    """Both members; a request id; one line of at most 3 KB; a log group."""
    with pytest.raises(BadRequestException):
        check_settings({"destinationArn": arn, "format": text})


def test_settings_that_can() -> None:
    for text in ("$context.extendedRequestId", "$context.requestId $context.status\n"):
        check_settings({"destinationArn": GROUP, "format": text})
