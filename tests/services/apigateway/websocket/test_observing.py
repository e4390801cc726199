"""Logs and metrics of WebSocket APIs (aws-behaviour §1.9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus

from tests.services.apigateway.fakes import Event, Unhandled, echo, ok
from tests.services.apigateway.harness import Deployed, Harness, Route

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:access"
FORMAT = (
    '{"id":"$context.requestId","type":"$context.eventType","route":"$context.routeKey","status":"$context.status",'
    '"connection":"$context.connectionId","error":"$context.error.message","integration":"$context.integrationStatus"}'
)
INFO = {"LoggingLevel": "INFO", "DataTraceEnabled": True}


def boom(_event: Event) -> object:
    raise Unhandled("boom")


async def logged(harness: Harness, routes: dict[str, Any], **stage: Any) -> Deployed:
    """An API whose stage has these settings, in an account that may log."""
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::000000000000:role/logs"}
    await harness.call_v1("UpdateAccount", patchOperations=[patch])
    api = await harness.deploy(routes)
    await harness.control("UpdateStage", ApiId=api.api_id, StageName="prod", **stage)
    return api


async def test_access_log(harness: Harness) -> None:
    """One line for the handshake, each message and the disconnection."""
    routes = {"$connect": ok, "$disconnect": ok, "echo": Route(echo, answers=True), "bad": Route(boom)}
    api = await logged(harness, routes, AccessLogSettings={"DestinationArn": GROUP, "Format": FORMAT})
    async with api.connect() as client:
        for action in ("echo", "bad", "unknown"):
            await client.send(f'{{"action": "{action}"}}')
            await client.recv()
    await harness.until(lambda: len(harness.logs.lines["access"]) == 5)
    lines = [json.loads(line) for line in harness.logs.lines["access"]]
    told = [(line["type"], line["route"], line["status"], line["error"], line["integration"]) for line in lines]
    assert told == [
        ("CONNECT", "$connect", "200", "-", "200"),
        ("MESSAGE", "echo", "200", "-", "200"),
        ("MESSAGE", "bad", "502", "Internal server error", "-"),
        ("MESSAGE", "$default", "403", "Forbidden", "-"),
        ("DISCONNECT", "$disconnect", "200", "-", "200"),
    ]
    assert len({line["connection"] for line in lines}) == 1
    await harness.control("DeleteAccessLogSettings", ApiId=api.api_id, StageName="prod")
    async with api.connect():
        assert len(harness.logs.lines["access"]) == 5


async def test_refused_handshake_is_logged(harness: Harness) -> None:
    settings = {"DestinationArn": GROUP, "Format": FORMAT}
    api = await logged(harness, {"$connect": lambda _: {"statusCode": 401}}, AccessLogSettings=settings)
    with pytest.raises(InvalidStatus):
        async with api.connect():
            pass
    [line] = harness.logs.lines["access"]
    assert json.loads(line)["status"] == "401"


async def test_execution_log(harness: Harness) -> None:
    """§1.9: extended id, usage plan, key, start, route in brackets, endpoint; each line begins with the request id."""
    api = await logged(harness, {"echo": Route(echo, answers=True)}, DefaultRouteSettings=INFO)
    async with api.connect() as client:
        await client.send('{"action": "echo"}')
        await client.recv()
    lines = harness.logs.lines[f"/aws/apigateway/{api.api_id}/prod"]
    request_id = harness.invoker.events[0]["requestContext"]["requestId"]
    assert all(line.startswith(f"({request_id}) ") for line in lines)
    told = [line.removeprefix(f"({request_id}) ") for line in lines]
    assert [text.partition(":")[0].partition(" [")[0] for text in told if not text.startswith("API Key auth")] == [
        "Extended Request Id",
        "Verifying Usage Plan for request",
        f"Usage Plan check succeeded for API Key  and API Stage {api.api_id}/prod",
        "Starting execution for request",
        "WebSocket Request Route",
        "Endpoint request URI",
        "Endpoint request headers",
        "Endpoint request body after transformations",
        "Sending request to https",
        "Received response. Status",
        "Endpoint response headers",
        "Endpoint response body before transformations",
        "Successfully completed execution",
    ]
    assert "WebSocket Request Route: [echo]" in told
    headers = next(text for text in told if text.startswith("Endpoint request headers"))
    for name in ("x-amzn-lambda-integration-tag", "x-amzn-apigateway-api-id", "X-Amz-Source-Arn", "User-Agent"):
        assert f"{name}=" in headers


async def test_errors_only(harness: Harness) -> None:
    """A route's own level counts before the stage's."""
    routes = {"echo": Route(echo, answers=True), "bad": Route(boom)}
    api = await logged(harness, routes, RouteSettings={"bad": {"LoggingLevel": "ERROR"}})
    async with api.connect() as client:
        for action in ("echo", "bad"):
            await client.send(f'{{"action": "{action}"}}')
            await client.recv()
    [lines] = harness.logs.lines.values()
    assert [line.partition(") ")[2] for line in lines] == [
        "Execution failed: Internal server error",
        "Method completed with status: 502",
    ]


async def test_logs_need_a_role(harness: Harness) -> None:
    """AWS's words: anomalyco/sst#4663."""
    api = await harness.deploy({"a": ok})
    where = {"ApiId": api.api_id, "StageName": "prod"}
    with pytest.raises(ClientError, match="CloudWatch Logs role ARN must be set in account settings"):
        await harness.control("UpdateStage", **where, DefaultRouteSettings=INFO)


async def test_metrics(harness: Harness) -> None:
    """§1.9: by API and stage, and by route where details are asked for."""
    routes = {
        "$connect": ok,
        "echo": Route(echo, answers=True),
        "bad": Route(boom),
        "client": Route(lambda _: {"statusCode": 400}, answers=True),
    }
    api = await logged(harness, routes, RouteSettings={"echo": {"DetailedMetricsEnabled": True}})
    async with api.connect() as client:
        for action in ("echo", "bad", "client", "unknown"):
            await client.send(f'{{"action": "{action}"}}')
            await client.recv()
    await harness.around.metrics.flush()
    stage = {"ApiId": api.api_id, "Stage": "prod"}
    metrics = harness.upstream.metrics
    assert metrics("ConnectCount") == [(stage, 1.0)]
    assert metrics("MessageCount") == [(stage, 4.0), (stage | {"Route": "echo"}, 1.0)]
    assert metrics("ClientError") == [(stage, 2.0)]
    assert metrics("IntegrationError") == [(stage, 1.0)]
    assert metrics("ExecutionError") == []
    assert len(metrics("IntegrationLatency")) == 2


async def test_execution_error(harness: Harness) -> None:
    """A function that may not be invoked."""
    api = await logged(harness, {"echo": Route(echo, answers=True)})
    harness.invoker.functions.clear()
    async with api.connect() as client:
        await client.send('{"action": "echo"}')
        await client.recv()
    await harness.around.metrics.flush()
    assert harness.upstream.metrics("ExecutionError") == [({"ApiId": api.api_id, "Stage": "prod"}, 1.0)]
