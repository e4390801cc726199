"""The apigatewayv2 control plane over its wire form (aws-behaviour §1)."""

from __future__ import annotations

import asyncio
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from tests.services.apigateway.fakes import echo, ok
from tests.services.apigateway.harness import INVOCATION_URI, Deployed, Harness, Route, call_operation

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
PROXY = {"IntegrationType": "AWS_PROXY", "IntegrationUri": INVOCATION_URI.format(FUNCTION)}
SELECTION = {"RouteSelectionExpression": "$request.body.action"}


async def made(harness: Harness, **members: Any) -> Members:
    return await harness.control("CreateApi", **{"Name": "chat", "ProtocolType": "WEBSOCKET"} | SELECTION | members)


async def error(harness: Harness, operation: str, **members: Any) -> tuple[str, str]:
    """Code and message of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        await harness.control(operation, **members)
    content = raised.value.response["Error"]
    return content["Code"], content["Message"]


# --- APIs ------------------------------------------------------------------------------------------------------------


async def test_api_life(harness: Harness) -> None:
    """§1.2: what CreateApi answers is what GetApi and GetApis show; PATCH changes what it names; delete ends it."""
    api = await made(harness, Description="d", Tags={"a": "b"})
    assert len(api["ApiId"]) == 10
    assert api["ApiEndpoint"] == f"{harness.addresses.url.replace('http', 'ws')}/_aws/execute-api/{api['ApiId']}"
    assert api["ApiKeySelectionExpression"] == "$request.header.x-api-key"
    assert api["DisableExecuteApiEndpoint"] is False
    assert await harness.control("GetApi", ApiId=api["ApiId"]) == api
    assert (await harness.control("GetApis"))["Items"] == [api]
    changed = await harness.control("UpdateApi", ApiId=api["ApiId"], Name="other", Description="")
    assert changed == api | {"Name": "other", "Description": ""}
    await harness.control("DeleteApi", ApiId=api["ApiId"])
    code, message = await error(harness, "GetApi", ApiId=api["ApiId"])
    assert (code, message) == (
        "NotFoundException",
        f"Invalid API identifier specified 000000000000:{api['ApiId']}",
    )


async def test_apis_belong_to_account_and_region(harness: Harness) -> None:
    """Another account or region does not see an API."""
    api = await made(harness)
    for scope in (Scope("111111111111", "us-east-1"), Scope("000000000000", "eu-west-1")):
        with pytest.raises(ClientError, match="NotFoundException"):
            await call_operation(harness.gateway.v2, "GetApi", {"ApiId": api["ApiId"]}, Caller(scope))
        assert (await call_operation(harness.gateway.v2, "GetApis", {}, Caller(scope)))["Items"] == []


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Name": ""}, "BadRequestException"),
        ({"Name": "x" * 129}, "BadRequestException"),
        ({"ProtocolType": "SOAP"}, "BadRequestException"),
        ({"RouteSelectionExpression": ""}, "BadRequestException"),
        ({"RouteSelectionExpression": "$request.header.x"}, "BadRequestException"),
        ({"RouteSelectionExpression": "$"}, "BadRequestException"),
        ({"ApiKeySelectionExpression": "$request.body.key"}, "BadRequestException"),
        ({"Target": FUNCTION}, "BadRequestException"),
    ],
)
async def test_api_rules(harness: Harness, members: Members, code: str) -> None:
    """§1.2: required members, lengths, legal values."""
    with pytest.raises(ClientError) as raised:
        await made(harness, **members)
    assert raised.value.response["Error"]["Code"] == code


async def test_name_is_required(harness: Harness) -> None:
    """§1.2, §1.1: a missing member is BadRequestException 400."""
    code, message = await error(harness, "CreateApi", ProtocolType="WEBSOCKET", **SELECTION)
    assert code == "BadRequestException"
    assert "name" in message


async def test_pages(harness: Harness) -> None:
    """§1.1: `maxResults` and `nextToken` walk through everything once; `maxResults` is 1 to 100."""
    api = (await made(harness))["ApiId"]
    for number in range(5):
        await harness.control("CreateRoute", ApiId=api, RouteKey=f"route{number}")
    keys: list[str] = []
    token: dict[str, str] = {}
    for _ in range(3):
        page = await harness.control("GetRoutes", ApiId=api, MaxResults="2", **token)
        keys += [route["RouteKey"] for route in page["Items"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert (keys, token) == ([f"route{number}" for number in range(5)], {})
    for bad in ("0", "101", "many"):
        assert (await error(harness, "GetRoutes", ApiId=api, MaxResults=bad))[0] == "BadRequestException"
    assert (await error(harness, "GetRoutes", ApiId=api, NextToken="x"))[0] == "BadRequestException"


# --- routes, integrations and what hangs under them ------------------------------------------------------------------


async def test_route_life(harness: Harness) -> None:
    """§1.3: defaults, PATCH, conflict of keys, delete."""
    api = (await made(harness))["ApiId"]
    integration = await harness.control("CreateIntegration", ApiId=api, **PROXY)
    target = f"integrations/{integration['IntegrationId']}"
    route = await harness.control("CreateRoute", ApiId=api, RouteKey="send", Target=target)
    assert route == {
        "RouteId": route["RouteId"],
        "RouteKey": "send",
        "Target": target,
        "ApiKeyRequired": False,
        "AuthorizationType": "NONE",
    }
    where = {"ApiId": api, "RouteId": route["RouteId"]}
    assert await harness.control("GetRoute", **where) == route
    changed = await harness.control("UpdateRoute", **where, RouteKey="send2", OperationName="op")
    assert changed == route | {"RouteKey": "send2", "OperationName": "op"}
    other = await harness.control("CreateRoute", ApiId=api, RouteKey="send")
    taken = await error(harness, "UpdateRoute", ApiId=api, RouteId=other["RouteId"], RouteKey="send2")
    assert taken == ("ConflictException", "Route with key send2 already exists for this API")
    await harness.control("DeleteRoute", **where)
    assert (await error(harness, "GetRoute", **where))[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"RouteKey": "$other"}, "BadRequestException"),
        ({"RouteKey": "a", "Target": "functions/x"}, "BadRequestException"),
        ({"RouteKey": "a", "Target": "integrations/aaaaaaa"}, "NotFoundException"),
        ({"RouteKey": "a", "RouteResponseSelectionExpression": "$request.body.x"}, "BadRequestException"),
        ({"RouteKey": "a", "AuthorizationType": "CUSTOM"}, "BadRequestException"),
        ({"RouteKey": "$connect", "AuthorizationType": "JWT"}, "BadRequestException"),
        ({"RouteKey": "a", "RequestModels": {"$default": "Nope"}}, "NotFoundException"),
        ({"RouteKey": "a", "ModelSelectionExpression": "$request.header.x"}, "BadRequestException"),
        ({"RouteKey": "$connect", "RequestParameters": {"method.request.header.a": {}}}, "BadRequestException"),
    ],
)
async def test_route_rules(harness: Harness, members: Members, code: str) -> None:
    """§1.3: legal keys and targets; authorization on `$connect` only; what is not built is refused by name."""
    api = (await made(harness))["ApiId"]
    assert (await error(harness, "CreateRoute", ApiId=api, **members))[0] == code


async def test_integration_life(harness: Harness) -> None:
    """§1.4: defaults; an integration in use cannot be deleted."""
    api = (await made(harness))["ApiId"]
    integration = await harness.control("CreateIntegration", ApiId=api, IntegrationMethod="POST", **PROXY)
    assert integration["TimeoutInMillis"] == 29_000
    assert integration["PassthroughBehavior"] == "WHEN_NO_MATCH"
    assert integration["ConnectionType"] == "INTERNET"
    assert integration["PayloadFormatVersion"] == "1.0"
    where = {"ApiId": api, "IntegrationId": integration["IntegrationId"]}
    assert (await harness.control("UpdateIntegration", **where, TimeoutInMillis=50))["TimeoutInMillis"] == 50
    target = f"integrations/{integration['IntegrationId']}"
    route = await harness.control("CreateRoute", ApiId=api, RouteKey="a", Target=target)
    assert await error(harness, "DeleteIntegration", **where) == (
        "ConflictException",
        f"Cannot delete Integration because it is referenced by the following Routes with Ids: [{route['RouteId']}]",
    )
    await harness.control("DeleteRoute", ApiId=api, RouteId=route["RouteId"])
    await harness.control("DeleteIntegration", **where)
    assert (await harness.control("GetIntegrations", ApiId=api))["Items"] == []


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION}, "BadRequestException"),
        ({"IntegrationType": "AWS_PROXY"}, "BadRequestException"),
        (PROXY | {"IntegrationMethod": "GET"}, "BadRequestException"),
        (PROXY | {"TimeoutInMillis": 49}, "BadRequestException"),
        (PROXY | {"TimeoutInMillis": 29_001}, "BadRequestException"),
        (PROXY | {"ConnectionType": "VPC_LINK"}, "NotImplemented"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://x"}, "BadRequestException"),
        ({"IntegrationType": "HTTP", "IntegrationUri": "ftp://x", "IntegrationMethod": "GET"}, "BadRequestException"),
        ({"IntegrationType": "AWS", "IntegrationUri": "arn:aws:apigateway:us-east-1:glue:action/X"}, "NotImplemented"),
        ({"IntegrationType": "MOCK", "RequestTemplates": {"$default": "x" * 307_201}}, "BadRequestException"),
        ({"IntegrationType": "MOCK", "TemplateSelectionExpression": "$context.stage"}, "BadRequestException"),
        (PROXY | {"RequestParameters": {"integration.request.header.a": "b"}}, "BadRequestException"),
        (PROXY | {"RequestParameters": {"integration.request.body.a": "'b'"}}, "BadRequestException"),
    ],
)
async def test_integration_rules(harness: Harness, members: Members, code: str) -> None:
    """§1.4: forms and limits; other types and templates are refused by name."""
    api = (await made(harness))["ApiId"]
    assert (await error(harness, "CreateIntegration", ApiId=api, **members))[0] == code


async def test_request_parameters(harness: Harness) -> None:
    """§1.1: parameters of a route go one by one."""
    api = (await made(harness))["ApiId"]
    declared = {f"route.request.header.{name}": {"Required": False} for name in ("a", "b")}
    route = await harness.control("CreateRoute", ApiId=api, RouteKey="$connect", RequestParameters=declared)
    where = {"ApiId": api, "RouteId": route["RouteId"]}
    key = "route.request.header.a"
    await harness.control("DeleteRouteRequestParameter", **where, RequestParameterKey=key)
    assert list((await harness.control("GetRoute", **where))["RequestParameters"]) == ["route.request.header.b"]
    failed = await error(harness, "DeleteRouteRequestParameter", **where, RequestParameterKey=key)
    assert failed[0] == "NotFoundException"


async def test_responses(harness: Harness) -> None:
    """§1.5: one route response, `$default`; integration responses by `$default` or a pattern, not for proxies."""
    api = (await made(harness))["ApiId"]
    route = {"ApiId": api, "RouteId": (await harness.control("CreateRoute", ApiId=api, RouteKey="a"))["RouteId"]}
    assert (await error(harness, "CreateRouteResponse", **route, RouteResponseKey="200"))[0] == "BadRequestException"
    response = await harness.control("CreateRouteResponse", **route, RouteResponseKey="$default")
    assert (await error(harness, "CreateRouteResponse", **route, RouteResponseKey="$default"))[0] == "ConflictException"
    assert (await harness.control("GetRouteResponses", **route))["Items"] == [response]
    await harness.control("DeleteRouteResponse", **route, RouteResponseId=response["RouteResponseId"])
    mock = await harness.control("CreateIntegration", ApiId=api, IntegrationType="MOCK")
    where = {"ApiId": api, "IntegrationId": mock["IntegrationId"]}
    for key in ("$default", "/4\\d\\d/"):
        await harness.control("CreateIntegrationResponse", **where, IntegrationResponseKey=key)
    for key in ("400", "/[/"):
        failed = await error(harness, "CreateIntegrationResponse", **where, IntegrationResponseKey=key)
        assert failed[0] == "BadRequestException"
    proxy = await harness.control("CreateIntegration", ApiId=api, **PROXY)
    where = {"ApiId": api, "IntegrationId": proxy["IntegrationId"]}
    failed = await error(harness, "CreateIntegrationResponse", **where, IntegrationResponseKey="$default")
    assert failed[0] == "BadRequestException"


async def test_models_and_authorizers_are_kept(harness: Harness) -> None:
    """§1.6: REQUEST authorizers in the WebSocket spelling; models with a JSON schema."""
    api = (await made(harness))["ApiId"]
    model = await harness.control("CreateModel", ApiId=api, Name="Message", Schema='{"type": "object"}')
    assert model["ContentType"] == "application/json"
    assert (await error(harness, "CreateModel", ApiId=api, Name="Message", Schema="{}"))[0] == "ConflictException"
    assert (await error(harness, "CreateModel", ApiId=api, Name="M-1", Schema="{}"))[0] == "BadRequestException"
    assert (await error(harness, "CreateModel", ApiId=api, Name="M1", Schema="{"))[0] == "BadRequestException"
    uri = PROXY["IntegrationUri"]
    members = {"ApiId": api, "Name": "a", "AuthorizerUri": uri, "AuthorizerType": "REQUEST"}
    good = ["route.request.header.Auth", "route.request.querystring.token", "context.connectionId"]
    await harness.control("CreateAuthorizer", **members, IdentitySource=good)
    for bad in ({"IdentitySource": ["$request.header.Auth"]}, {"IdentitySource": good, "AuthorizerType": "JWT"}):
        assert (await error(harness, "CreateAuthorizer", **members | bad))[0] == "BadRequestException"


# --- deployments and stages ------------------------------------------------------------------------------------------


async def two_routes(harness: Harness) -> Deployed:
    return await harness.deploy({"a": Route(echo, answers=True), "b": Route(echo, answers=True)})


async def test_deployment_needs_a_route(harness: Harness) -> None:
    """§1.7: deploying an API without routes fails; AWS's text is from aws/serverless-application-model#2512."""
    api = (await made(harness))["ApiId"]
    message = "At least one route is required before deploying the Api."
    assert await error(harness, "CreateDeployment", ApiId=api) == ("BadRequestException", message)
    stage = await harness.control("CreateStage", ApiId=api, StageName="prod", AutoDeploy=True)
    assert "LastDeploymentStatusMessage" in stage
    assert "DeploymentId" not in stage


async def test_snapshot(harness: Harness) -> None:
    """§1.7: without `autoDeploy` a change is not live until it is deployed; a stage can be moved back."""
    api = await harness.deploy({"a": Route(echo, answers=True)})
    stage = {"ApiId": api.api_id, "StageName": "prod"}
    await harness.control("UpdateStage", **stage, AutoDeploy=False)
    first = (await harness.control("GetStage", **stage))["DeploymentId"]
    await api.add("b", Route(echo, answers=True))
    async with api.connect() as client:

        async def answer() -> str:
            await client.send('{"action": "b"}')
            return str(await client.recv())

        assert "Forbidden" in await answer()
        second = await harness.control("CreateDeployment", **stage)
        assert (second["DeploymentStatus"], second["AutoDeployed"]) == ("DEPLOYED", False)
        assert await answer() == '{"action": "b"}'
        await harness.control("UpdateStage", **stage, DeploymentId=first)
        assert "Forbidden" in await answer()


async def test_auto_deploy(harness: Harness) -> None:
    """§1.7: each change redeploys; the id cannot be set by hand; the stage says how it went."""
    api = await two_routes(harness)
    where = {"ApiId": api.api_id, "StageName": "prod"}
    stage = await harness.control("GetStage", **where)
    assert stage["DeploymentId"] in stage["LastDeploymentStatusMessage"]
    await api.add("c", Route(echo))
    now = (await harness.control("GetStage", **where))["DeploymentId"]
    assert now != stage["DeploymentId"]
    assert (await error(harness, "UpdateStage", **where, DeploymentId=now))[0] == "BadRequestException"
    assert (await error(harness, "CreateDeployment", **where))[0] == "BadRequestException"
    deployments = (await harness.control("GetDeployments", ApiId=api.api_id))["Items"]
    assert [deployment["AutoDeployed"] for deployment in deployments] == [True]


async def test_deployment_in_use(harness: Harness) -> None:
    """A deployment that a stage points at cannot be deleted; afterwards it can."""
    api = await two_routes(harness)
    where = {"ApiId": api.api_id, "StageName": "prod"}
    deployment = {"ApiId": api.api_id, "DeploymentId": (await harness.control("GetStage", **where))["DeploymentId"]}
    assert (await error(harness, "DeleteDeployment", **deployment))[0] == "BadRequestException"
    await harness.control("DeleteStage", **where)
    await harness.control("DeleteDeployment", **deployment)
    assert (await error(harness, "GetDeployment", **deployment))[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"StageName": "prod"}, "ConflictException"),
        ({"StageName": "$default"}, "BadRequestException"),
        ({"StageName": "a b"}, "BadRequestException"),
        ({"StageName": "s", "DeploymentId": "aaaaaaa"}, "NotFoundException"),
        ({"StageName": "s", "StageVariables": {"a-b": "x"}}, "BadRequestException"),
        ({"StageName": "s", "StageVariables": {"a": "{}"}}, "BadRequestException"),
        ({"StageName": "s", "StageVariables": {f"v{n}": "x" for n in range(101)}}, "BadRequestException"),
        ({"StageName": "s", "RouteSettings": {"nope": {"ThrottlingRateLimit": 1.0}}}, "NotFoundException"),
        ({"StageName": "s", "AccessLogSettings": {"Format": "$context.requestId"}}, "BadRequestException"),
        ({"StageName": "s", "DefaultRouteSettings": {"LoggingLevel": "INFO"}}, "BadRequestException"),
    ],
)
async def test_stage_rules(harness: Harness, members: Members, code: str) -> None:
    """§1.7: names, variables, settings of routes that exist; what is not built is refused by name."""
    api = await two_routes(harness)
    assert (await error(harness, "CreateStage", ApiId=api.api_id, **members))[0] == code


async def test_stage_variables(harness: Harness) -> None:
    """§1.7: variables name the function of an integration and are in every event, at once; an empty value removes."""
    api = await harness.deploy({})
    harness.invoker.add("f-blue", lambda _: {"statusCode": 200, "body": "blue"})
    harness.invoker.add("f-green", lambda _: {"statusCode": 200, "body": "green"})
    uri = INVOCATION_URI.format(FUNCTION + "-${stageVariables.colour}")
    await api.add("a", Route(ok, answers=True, integration={"IntegrationUri": uri}))
    stage = {"ApiId": api.api_id, "StageName": "prod"}
    async with api.connect() as client:
        for colour in ("blue", "green"):
            await harness.control("UpdateStage", **stage, StageVariables={"colour": colour, "x": "1"})
            await client.send('{"action": "a"}')
            assert await client.recv() == colour
            assert harness.invoker.events[-1]["stageVariables"] == {"colour": colour, "x": "1"}
    changed = await harness.control("UpdateStage", **stage, StageVariables={"x": ""})
    assert changed["StageVariables"] == {"colour": "green"}


async def test_route_settings(harness: Harness) -> None:
    """§1.1: settings of one route are merged in by PATCH and taken off by DeleteRouteSettings."""
    api = await two_routes(harness)
    stage = {"ApiId": api.api_id, "StageName": "prod"}
    await harness.control("UpdateStage", **stage, RouteSettings={"a": {"ThrottlingBurstLimit": 5}})
    changed = await harness.control("UpdateStage", **stage, RouteSettings={"b": {"ThrottlingBurstLimit": 6}})
    assert set(changed["RouteSettings"]) == {"a", "b"}
    await harness.control("DeleteRouteSettings", **stage, RouteKey="a")
    assert set((await harness.control("GetStage", **stage))["RouteSettings"]) == {"b"}
    assert (await error(harness, "DeleteRouteSettings", **stage, RouteKey="a"))[0] == "NotFoundException"


async def test_tags(harness: Harness) -> None:
    """§1.1: tags of APIs and stages by their ARN, slashes percent-encoded."""
    api = await two_routes(harness)
    for arn in (f"arn:aws:apigateway:us-east-1::/apis/{api.api_id}", f"/apis/{api.api_id}/stages/prod"):
        resource = arn if arn.startswith("arn") else f"arn:aws:apigateway:us-east-1::{arn}"
        await harness.control("TagResource", ResourceArn=resource, Tags={"a": "1", "b": "2"})
        await harness.control("UntagResource", ResourceArn=resource, TagKeys=["a"])
        assert (await harness.control("GetTags", ResourceArn=resource))["Tags"] == {"b": "2"}
    assert (await harness.control("GetApi", ApiId=api.api_id))["Tags"] == {"b": "2"}
    assert (await error(harness, "GetTags", ResourceArn="arn:aws:apigateway:us-east-1::/x"))[0] == "NotFoundException"


async def test_boto3_over_http(harness: Harness) -> None:
    """boto3 over the real socket: create, page, delete, and an error as its exception class."""
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
    sdk: Any = session.client("apigatewayv2", endpoint_url=harness.addresses.url)

    def use() -> list[str]:
        api = sdk.create_api(Name="chat", ProtocolType="WEBSOCKET", **SELECTION)["ApiId"]
        for number in range(30):
            sdk.create_route(ApiId=api, RouteKey=f"r{number}")
        pages = sdk.get_paginator("get_routes").paginate(ApiId=api)
        keys = [route["RouteKey"] for page in pages for route in page["Items"]]
        sdk.tag_resource(ResourceArn=f"arn:aws:apigateway:us-east-1::/apis/{api}", Tags={"a": "b"})
        assert sdk.get_api(ApiId=api)["Tags"] == {"a": "b"}
        assert sdk.create_deployment(ApiId=api)["CreatedDate"].tzinfo is not None
        sdk.delete_api(ApiId=api)
        with pytest.raises(sdk.exceptions.NotFoundException):
            sdk.get_api(ApiId=api)
        with pytest.raises(ClientError, match=r"NotImplemented.*ListPortals"):
            sdk.list_portals()
        return keys

    assert await asyncio.to_thread(use) == [f"r{number}" for number in range(30)]
