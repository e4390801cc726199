"""TestInvokeMethod (AG `how-to-test-method.html`)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway


@pytest.fixture
def api() -> Api:
    made = Gateway().api()
    made.proxy("POST", "/pets/{id}", apiKeyRequired=True, authorizationType="AWS_IAM")
    return made


async def tried(api: Api, path: str = "/pets/{id}", **members: Any) -> Any:
    ids = {"resourceId": api.resource(path), "httpMethod": "POST"}
    return await api.call("TestInvokeMethod", **ids, **members)


async def test_without_deployment_key_or_signature(api: Api) -> None:
    api.gateway.invoker.output = {"statusCode": 201, "body": "made", "multiValueHeaders": {"A": ["1", "2"]}}
    given: dict[str, Any] = {"headers": {"X-A": "b"}, "body": "{}", "stageVariables": {"v": "1"}}
    answer = await tried(api, pathWithQueryString="/pets/7?q=z", **given)
    assert (answer["status"], answer["body"]) == (201, "made")
    assert answer["multiValueHeaders"]["A"] == ["1", "2"]
    assert answer["latency"] >= 0
    event = api.gateway.invoker.event
    assert (event["path"], event["pathParameters"], event["body"]) == ("/pets/7", {"id": "7"}, "{}")
    assert (event["queryStringParameters"], event["stageVariables"]) == ({"q": "z"}, {"v": "1"})
    assert event["headers"]["X-A"] == "b"
    assert event["requestContext"]["stage"] == "test-invoke-stage"


async def test_log(api: Api) -> None:
    """The whole execution log, with the time on each line, as the console shows it."""
    lines = (await tried(api, pathWithQueryString="/pets/7", body="hello"))["log"].splitlines()
    assert lines[0].startswith("Execution log for request ")
    assert all(line.startswith("Fri Nov 20 12:00:00 UTC 2026 : ") for line in lines[1:])
    assert any("Starting execution for request" in line for line in lines)
    assert any(line.endswith("Method request body before transformations: hello") for line in lines)
    assert lines[-1].endswith("Method completed with status: 200")


async def test_failures_are_answers(api: Api) -> None:
    api.gateway.invoker.output = "nonsense"
    answer = await tried(api, pathWithQueryString="/pets/7")
    assert (answer["status"], answer["body"]) == (502, '{"message": "Internal server error"}')
    assert answer["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    assert "Execution failed due to configuration error: Malformed Lambda proxy response" in answer["log"]


async def test_another_path_has_no_parameters(api: Api) -> None:
    """As recorded from AWS in LocalStack's test snapshots; without a path it is the resource's own."""
    await tried(api, pathWithQueryString="/elsewhere")
    assert (api.gateway.invoker.event["path"], api.gateway.invoker.event["pathParameters"]) == ("/elsewhere", None)
    await tried(api)
    assert api.gateway.invoker.event["pathParameters"] == {"id": "{id}"}


async def test_nothing_is_added_to_headers(api: Api) -> None:
    log = (await tried(api, headers={"content-type": "text/plain"}))["log"]
    assert "Method request headers: {content-type=text/plain}\n" in log
    assert api.gateway.invoker.event["headers"] == {"content-type": "text/plain"}
    await tried(api)
    assert api.gateway.invoker.event["headers"] is None


async def test_log_of_a_mock() -> None:
    """Line for line as recorded from AWS in LocalStack's test snapshots."""
    api = Gateway().api()
    api.mock("GET", "/pets/{id}", responseTemplates={"application/json": '{"id": "$input.params(\'id\')"}'})
    ids = {"resourceId": api.resource("/pets/{id}"), "httpMethod": "GET"}
    lines = (await api.call("TestInvokeMethod", **ids, pathWithQueryString="/pets/7?a=b"))["log"].split("\n")
    request_id = lines[0].rpartition(" ")[2]
    assert [line.partition(" : ")[2] for line in lines[1:]] == [
        f"Starting execution for request: {request_id}",
        "HTTP Method: GET, Resource Path: /pets/7",
        "Method request path: {id=7}",
        "Method request query string: {a=b}",
        "Method request headers: {}",
        "Method request body before transformations: ",
        'Method response body after transformations: {"id": "7"}',
        "Method response headers: {Content-Type=application/json}",
        "Successfully completed execution",
        "Method completed with status: 200",
        "",
    ]


async def test_what_cannot_be_tried(api: Api) -> None:
    api.method("POST", "/none")
    with pytest.raises(NotFoundException):
        await tried(api, "/none")
    with pytest.raises(NotFoundException):
        await tried(api, "/pets")
