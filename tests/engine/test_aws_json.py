"""Calls of JSON services through an upstream: what is sent, and what becomes of answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.engine.aws_json import CallFailed, JsonService
from cloudrig.engine.credentials import signature_scope
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope

SERVICE = JsonService("sqs", "AmazonSQS", "1.0")


class FakeUpstream:
    url = "http://127.0.0.1:1"

    def __init__(self, status: int, content: object) -> None:
        self._answer = Response(status, content if isinstance(content, bytes) else json.dumps(content).encode())
        self.requests: list[Request] = []

    async def forward(self, request: Request) -> Response:
        self.requests.append(request)
        return self._answer

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        raise NotImplementedError


async def test_what_is_sent() -> None:
    upstream, scope = FakeUpstream(200, {"QueueUrls": []}), Scope("111122223333", "eu-west-1")
    assert await SERVICE.call(upstream, scope, "ListQueues", MaxResults=1) == {"QueueUrls": []}
    (request,) = upstream.requests
    assert request.headers["X-Amz-Target"] == "AmazonSQS.ListQueues"
    assert request.headers["Content-Type"] == "application/x-amz-json-1.0"
    assert json.loads(request.body) == {"MaxResults": 1}
    signed = signature_scope(request.headers, "")
    assert signed is not None
    assert (signed.service, signed.region, request.caller.scope) == ("sqs", "eu-west-1", scope)


@pytest.mark.parametrize("name", ["com.amazonaws.sqs#QueueDoesNotExist", "QueueDoesNotExist"])
async def test_an_error_of_the_callers_making(name: str) -> None:
    with pytest.raises(CallFailed) as failed:
        await SERVICE.call(FakeUpstream(400, {"__type": name, "message": "no such queue"}), Scope(), "GetQueueUrl")
    assert (failed.value.code, failed.value.message) == ("QueueDoesNotExist", "no such queue")


@pytest.mark.parametrize("content", [{"__type": "InternalFailure"}, b"<html>", b""])
async def test_an_error_of_the_services(content: object) -> None:
    with pytest.raises(UpstreamUnavailable, match="sqs ListQueues"):
        await SERVICE.call(FakeUpstream(500, content), Scope(), "ListQueues")


async def test_an_empty_answer() -> None:
    assert await SERVICE.call(FakeUpstream(200, b""), Scope(), "DeleteQueue") == {}
