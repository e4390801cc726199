"""Logs and metrics of REST APIs (AG `set-up-logging.html`, `api-gateway-metrics-and-dimensions.html`)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException
from tests.services.apigateway.rest.fakes import Api, Gateway

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:access"
FORMAT = (
    '{"id":"$context.requestId","path":"$context.resourcePath","status":"$context.status","ip":"$context.identity.sourceIp",'
    '"length":"$context.responseLength","error":"$context.error.responseType","integration":"$context.integrationStatus"}'
)


@pytest.fixture
def gateway() -> Gateway:
    made = Gateway()
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::000000000000:role/logs"}
    made.call("UpdateAccount", patchOperations=[patch])
    return made


def deployed(gateway: Gateway, **settings: str) -> Api:
    """An API with `GET /pets/{id}` whose stage has these settings (`__` for `/`)."""
    api = gateway.api()
    api.proxy("GET", "/pets/{id}")
    api.deploy()
    update(api, {path.replace("__", "/"): value for path, value in settings.items()})
    return api


def update(api: Api, settings: dict[str, str]) -> Any:
    patches = [{"op": "replace", "path": f"/{path}", "value": value} for path, value in settings.items()]
    return api.call("UpdateStage", stageName="prod", patchOperations=patches)


async def test_access_log(gateway: Gateway) -> None:
    api = deployed(gateway, accessLogSettings__destinationArn=GROUP, accessLogSettings__format=FORMAT)
    response = await api.send("GET", "/prod/pets/7")
    await api.send("GET", "/prod/nothing")
    good, bad = (json.loads(line) for line in gateway.logs.lines["access"])
    assert good == {
        "id": response.headers["x-amzn-RequestId"],
        "path": "/pets/{id}",
        "status": "200",
        "ip": "203.0.113.9",
        "length": "2",
        "error": "-",
        "integration": "200",
    }
    assert (bad["path"], bad["status"], bad["error"]) == ("-", "403", "MISSING_AUTHENTICATION_TOKEN")
    api.call("UpdateStage", stageName="prod", patchOperations=[{"op": "remove", "path": "/accessLogSettings"}])
    await api.send("GET", "/prod/pets/7")
    assert len(gateway.logs.lines["access"]) == 2


async def test_execution_log(gateway: Gateway) -> None:
    """The lines that users of AWS paste into issues, in their order."""
    api = deployed(gateway)
    update(api, {"*/*/logging/loglevel": "INFO", "*/*/logging/dataTrace": "true"})
    response = await api.send("GET", "/prod/pets/7", query="a=b")
    lines = gateway.logs.lines[f"API-Gateway-Execution-Logs_{api.id}/prod"]
    request_id = response.headers["x-amzn-RequestId"]
    assert all(line.startswith(f"({request_id}) ") for line in lines)
    told = [line.partition(") ")[2] for line in lines]
    openings = [text.partition(":")[0] for text in told]
    assert openings == [
        "Extended Request Id",
        "Verifying Usage Plan for request",
        "API Key authorized because method 'GET /pets/{id}' does not require API Key. "
        "Request will not contribute to throttle or quota limits",
        f"Usage Plan check succeeded for API Key  and API Stage {api.id}/prod",
        "Starting execution for request",
        "HTTP Method",
        "Method request path",
        "Method request query string",
        "Method request headers",
        "Method request body before transformations",
        "Endpoint request URI",
        "Endpoint request headers",
        "Endpoint request body after transformations",
        "Sending request to https",
        "Received response. Status",
        "Endpoint response headers",
        "Endpoint response body before transformations",
        "Method response body after transformations",
        "Method response headers",
        "Successfully completed execution",
        "Method completed with status",
    ]
    assert "Method request path: {id=7}" in told
    assert told[-1] == "Method completed with status: 200"


async def test_errors_only(gateway: Gateway) -> None:
    api = deployed(gateway)
    update(api, {"~1pets~1{id}/GET/logging/loglevel": "ERROR"})
    await api.send("GET", "/prod/pets/7")
    assert gateway.logs.lines == {}
    gateway.invoker.output = "nonsense"
    await api.send("GET", "/prod/pets/7")
    [lines] = gateway.logs.lines.values()
    assert [line.partition(") ")[2] for line in lines] == [
        "Execution failed due to configuration error: Malformed Lambda proxy response",
        "Method completed with status: 502",
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"*/*/logging/loglevel": "ERROR"},
        {"accessLogSettings/destinationArn": GROUP, "accessLogSettings/format": "$context.requestId"},
    ],
)
def test_logs_need_a_role(settings: dict[str, str]) -> None:
    """AWS's words, known from many an issue."""
    api = deployed(Gateway())
    with pytest.raises(BadRequestException, match="CloudWatch Logs role ARN must be set in account settings"):
        update(api, settings)


def test_half_an_access_log(gateway: Gateway) -> None:
    with pytest.raises(BadRequestException):
        deployed(gateway, accessLogSettings__format="$context.requestId")
    with pytest.raises(BadRequestException, match="logging level"):
        update(deployed(gateway), {"*/*/logging/loglevel": "LOUD"})


async def test_metrics(gateway: Gateway) -> None:
    """By API name and stage; the average of the error metrics is their rate. Per method only where it is asked for."""
    api = deployed(gateway)
    await api.send("GET", "/prod/pets/7")
    await api.send("GET", "/prod/nothing")
    await gateway.around.metrics.flush()
    stage = {"ApiName": "test", "Stage": "prod"}
    assert gateway.upstream.metrics("Count") == [(stage, 2.0)]
    assert gateway.upstream.metrics("4XXError") == [(stage, 1.0)]
    assert gateway.upstream.metrics("5XXError") == [(stage, 0.0)]
    assert len(gateway.upstream.metrics("Latency")) == len(gateway.upstream.metrics("IntegrationLatency")) == 1
    gateway.upstream.calls.clear()
    update(api, {"*/*/metrics/enabled": "true"})
    await api.send("GET", "/prod/pets/7")
    await gateway.around.metrics.flush()
    method = stage | {"Method": "GET", "Resource": "/pets/{id}"}
    assert gateway.upstream.metrics("Count") == [(stage, 1.0), (method, 1.0)]
