"""Requests to HTTP APIs: stages, routes, default answers, limits (aws-behaviour §9.4; AG `http-api-stages.html`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.services.apigateway.fakes import Event, Unhandled
from tests.services.apigateway.harness import Harness, running
from tests.services.apigateway.http_api.fakes import HttpApi, said

NOT_FOUND = {"message": "Not Found"}


async def test_the_default_stage_is_not_in_the_path(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    await api.function("GET /pets/{id}", said("pet"))
    answer = await api.call("GET", "/pets/6")
    assert (answer.status, answer.body) == (200, b"pet")
    assert (api.event["rawPath"], api.event["requestContext"]["stage"]) == ("/pets/6", "$default")


async def test_a_named_stage_is_in_the_path_and_in_the_event(harness: Harness) -> None:
    """Captured (logandk/serverless-wsgi#191): `rawPath` and `requestContext.http.path` begin with the stage."""
    api = await HttpApi.make(harness, "dev")
    await api.function("GET /pets", said("pets"))
    assert (await api.call("GET", "/dev/pets")).body == b"pets"
    assert api.event["rawPath"] == api.event["requestContext"]["http"]["path"] == "/dev/pets"
    answer = await api.call("GET", "/pets")
    assert (answer.status, answer.json) == (404, NOT_FOUND)


async def test_a_stage_that_is_named_wins_over_the_default_one(harness: Harness) -> None:
    """AG `http-api-develop-routes.html`: first the stage that matches, else `$default`."""
    api = await HttpApi.make(harness)
    await api.control("CreateStage", StageName="dev", AutoDeploy=True)
    await api.function("$default", said("x"))
    await api.call("GET", "/dev/a")
    assert api.event["requestContext"]["stage"] == "dev"
    await api.call("GET", "/device/a")
    assert api.event["requestContext"]["stage"] == "$default"


async def test_unknown_route(harness: Harness) -> None:
    """§9.4: 404 `{"message":"Not Found"}`, with the request's id as every answer has it."""
    api = await HttpApi.make(harness)
    await api.function("GET /a", said("a"))
    answer = await api.call("POST", "/a")
    assert (answer.status, answer.body) == (404, b'{"message":"Not Found"}')
    assert answer.headers["Content-Type"] == "application/json"
    assert len(answer.headers["Apigw-Requestid"]) == 16
    await api.call("GET", "/a")
    answer = await api.call("GET", "/a")
    assert answer.headers["Apigw-Requestid"] == api.event["requestContext"]["requestId"]


async def test_a_change_needs_a_deployment(harness: Harness) -> None:
    """Without `autoDeploy` clients see what was deployed, not what is written."""
    made = await harness.control("CreateApi", Name="t", ProtocolType="HTTP")
    api = HttpApi(harness, made["ApiId"])
    await api.control("CreateStage", StageName="$default")
    await api.function("GET /a", said("a"))
    assert (await api.call("GET", "/a")).status == 404
    await api.control("CreateDeployment", StageName="$default")
    assert (await api.call("GET", "/a")).status == 200
    await api.function("GET /b", said("b"))
    assert (await api.call("GET", "/b")).status == 404


async def test_quick_create(harness: Harness) -> None:
    """CreateApi with a target: `$default` route and stage to the function, at once, marked as the gateway's own."""
    target = harness.invoker.add("quick", said("quick"))
    made = await harness.control("CreateApi", Name="q", ProtocolType="HTTP", Target=target)
    api = HttpApi(harness, made["ApiId"])
    assert (await api.call("PUT", "/what/ever")).body == b"quick"
    assert api.event["version"] == "2.0"
    [route] = (await api.control("GetRoutes"))["Items"]
    assert (route["RouteKey"], route["ApiGatewayManaged"]) == ("$default", True)
    [stage] = (await api.control("GetStages"))["Items"]
    assert (stage["StageName"], stage["AutoDeploy"], stage["ApiGatewayManaged"]) == ("$default", True, True)
    other = harness.invoker.add("other", said("other"))
    await api.control("UpdateApi", Target=other, RouteKey="GET /only")
    assert (await api.call("GET", "/only")).body == b"other"
    assert (await api.call("PUT", "/what/ever")).status == 404


async def test_disabled_endpoint(harness: Harness) -> None:
    api = await HttpApi.make(harness, DisableExecuteApiEndpoint=True)
    await api.function("GET /a", said("a"))
    answer = await api.call("GET", "/a")
    assert (answer.status, answer.json) == (404, NOT_FOUND)


async def test_custom_domain(harness: Harness) -> None:
    """By a domain name there is no stage in the path; the mapping's key stays in what events show."""
    api = await HttpApi.make(harness, DisableExecuteApiEndpoint=True)
    await api.function("GET /pets", said("pets"))
    await harness.control("CreateDomainName", DomainName="api.example.com", DomainNameConfigurations=[{}])
    where = {"DomainName": "api.example.com", "ApiId": api.id, "Stage": "$default"}
    await harness.control("CreateApiMapping", **where, ApiMappingKey="v1")
    status, body = await harness.call("GET", "/v1/pets", headers={"Host": "api.example.com"})
    assert (status, body) == (200, "pets")
    assert api.event["rawPath"] == "/v1/pets"
    context = api.event["requestContext"]
    assert (context["domainName"], context["domainPrefix"]) == ("api.example.com", "api")
    assert (await harness.call("GET", "/v1/none", headers={"Host": "api.example.com"}))[0] == 404


async def test_function_that_fails(harness: Harness) -> None:
    def fail(_event: Event) -> object:
        raise Unhandled("no")

    api = await HttpApi.make(harness)
    await api.function("GET /fails", fail)
    answer = await api.call("GET", "/fails")
    assert (answer.status, answer.json) == (500, {"message": "Internal Server Error"})


async def test_function_that_may_not_be_invoked(harness: Harness) -> None:
    """500 where the function's resource policy does not allow API Gateway."""
    api = await HttpApi.make(harness)
    arn = "arn:aws:lambda:us-east-1:000000000000:function:gone"
    await api.function("GET /gone", said(""), integration={"IntegrationUri": arn})
    assert (await api.call("GET", "/gone")).json == {"message": "Internal Server Error"}


async def test_function_that_is_too_slow(harness: Harness) -> None:
    """503 after the integration's time: captured, serverless/serverless#11222."""

    async def wait(_event: Event) -> object:
        await asyncio.sleep(60)
        return {}

    api = await HttpApi.make(harness)
    await api.function("GET /slow", wait, integration={"TimeoutInMillis": 50})
    answer = await api.call("GET", "/slow")
    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize(
    ("key", "path", "source"),
    [
        ("GET /pets/{id}", "/pets/1", "$default/GET/pets/{id}"),
        ("ANY /{proxy+}", "/x/y", "$default/POST/{proxy+}"),
        ("$default", "/x", "$default/$default"),
    ],
)
async def test_what_the_policy_of_a_function_is_asked(harness: Harness, key: str, path: str, source: str) -> None:
    """SourceArn: stage, method and the route's path; `$default` for that route."""
    api = await HttpApi.make(harness)
    await api.function(key, said(""))
    await api.call("GET" if key.startswith("GET") else "POST", path)
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/{source}"
    assert harness.invoker.source_arns[-1] == arn
    assert harness.invoker.principals[-1] == "apigateway.amazonaws.com"


@pytest.mark.unverified
async def test_body_over_10_mb(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    await api.function("POST /a", said(""))
    assert (await api.call("POST", "/a", body=b"x" * (10 * 1024 * 1024 + 1))).status == 413
    assert harness.invoker.events == []


async def test_stage_variables(harness: Harness) -> None:
    """In events, and in the ARN of the function."""
    api = await HttpApi.make(harness, stage_members={"StageVariables": {"which": "blue"}})
    harness.invoker.add("pets-blue", said("blue"))
    arn = "arn:aws:lambda:us-east-1:000000000000:function:pets-${stageVariables.which}"
    await api.function("GET /a", said(""), integration={"IntegrationUri": arn})
    assert (await api.call("GET", "/a")).body == b"blue"
    assert api.event["stageVariables"] == {"which": "blue"}


async def test_throttling(certificates_folder: Path) -> None:
    """A route's own burst; 429 `{"message":"Too Many Requests"}` beyond it."""
    async with running(certificates_folder, throttling=True) as harness:
        api = await HttpApi.make(harness)
        await api.function("GET /a", said("a"))
        limits = {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 2}
        await api.control("UpdateStage", StageName="$default", RouteSettings={"GET /a": limits})
        assert [(await api.call("GET", "/a")).status for _ in range(3)] == [200, 200, 429]
        assert (await api.call("GET", "/a")).json == {"message": "Too Many Requests"}


async def test_deleted_api(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    await api.function("GET /a", said("a"))
    await api.control("DeleteApi")
    assert (await api.call("GET", "/a")).status == 403


async def test_upgrade_is_not_looked_at(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    await api.function("GET /a", said("a"))
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    assert (await api.call("GET", "/a", headers=headers)).body == b"a"
