"""What AWS accepts in the documents of HTTP APIs, and what it shows of them (aws-behaviour §1, §9.4)."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.apigateway.harness import INVOCATION_URI, Harness
from tests.services.apigateway.http_api.fakes import HttpApi

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
LAMBDA = {"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION, "PayloadFormatVersion": "2.0"}
HTTP = {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "https://a.example", "IntegrationMethod": "ANY"}
JWT: dict[str, Any] = {
    "Name": "jwt",
    "AuthorizerType": "JWT",
    "IdentitySource": ["$request.header.Authorization"],
    "JwtConfiguration": {"Issuer": "https://issuer.example", "Audience": ["client"]},
}
REQUEST: dict[str, Any] = {
    "Name": "request",
    "AuthorizerType": "REQUEST",
    "AuthorizerUri": INVOCATION_URI.format(FUNCTION),
    "AuthorizerPayloadFormatVersion": "2.0",
    "IdentitySource": ["$request.header.Authorization"],
}


async def refused(api: HttpApi, operation: str, **members: Any) -> str:
    """The code of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        await api.control(operation, **members)
    return str(raised.value.response["Error"]["Code"])


# --- what is shown ---------------------------------------------------------------------------------------------------


async def test_api(harness: Harness) -> None:
    api = await harness.control("CreateApi", Name="n", ProtocolType="HTTP")
    assert api["ApiEndpoint"] == f"{harness.addresses.url}/_aws/execute-api/{api['ApiId']}"
    assert api["RouteSelectionExpression"] == "$request.method $request.path"
    assert api["ApiKeySelectionExpression"] == "$request.header.x-api-key"
    assert (api["ProtocolType"], api["DisableExecuteApiEndpoint"]) == ("HTTP", False)
    assert "CorsConfiguration" not in api


async def test_integrations(harness: Harness) -> None:
    """30 s and POST by default; `PassthroughBehavior` is not kept."""
    api = await HttpApi.make(harness)
    made = await api.control("CreateIntegration", **LAMBDA, PassthroughBehavior="WHEN_NO_MATCH")
    del made["IntegrationId"]
    assert made == LAMBDA | {"ConnectionType": "INTERNET", "IntegrationMethod": "POST", "TimeoutInMillis": 30000}
    made = await api.control("CreateIntegration", **HTTP)
    assert made["PayloadFormatVersion"] == "1.0"


async def test_stage(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    stage = await api.control("GetStage", StageName="$default")
    assert stage["DefaultRouteSettings"] == {"DetailedMetricsEnabled": False}
    assert (stage["RouteSettings"], stage["StageVariables"], stage["AutoDeploy"]) == ({}, {}, True)


async def test_updates_replace_structures_and_merge_maps(harness: Harness) -> None:
    """As Terraform takes things away: empty structures, empty values, `{}` of a status code."""
    api = await HttpApi.make(harness, CorsConfiguration={"AllowOrigins": ["*"], "MaxAge": 5}, Version="1")
    changed = await api.control("UpdateApi", CorsConfiguration={"AllowOrigins": ["https://a.example"]}, Version="")
    assert changed["CorsConfiguration"] == {"AllowOrigins": ["https://a.example"]}
    assert not changed.get("Version")
    parameters = {"append:header.a": "1", "append:header.b": "2"}
    responses = {"200": {"append:header.a": "1"}, "404": {"append:header.a": "1"}}
    made = await api.control("CreateIntegration", **HTTP, RequestParameters=parameters, ResponseParameters=responses)
    changed = await api.control(
        "UpdateIntegration",
        IntegrationId=made["IntegrationId"],
        RequestParameters={"append:header.a": ""},
        ResponseParameters={"200": {}},
    )
    assert changed["RequestParameters"] == {"append:header.b": "2"}
    assert changed["ResponseParameters"] == {"404": {"append:header.a": "1"}}
    log = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:g", "Format": "$context.requestId"}
    await api.control("UpdateStage", StageName="$default", AccessLogSettings=log)
    changed = await api.control("UpdateStage", StageName="$default", AccessLogSettings={})
    assert "AccessLogSettings" not in changed


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [
        {"RouteSelectionExpression": "$request.body.action"},
        {"CorsConfiguration": {"AllowOrigins": ["app.example"]}},
        {"CorsConfiguration": {"AllowOrigins": ["*"], "AllowCredentials": True}},
        {"CorsConfiguration": {"AllowMethods": ["FETCH"]}},
        {"CorsConfiguration": {"MaxAge": 100_000}},
        {"Target": "nowhere"},
        {"Target": FUNCTION, "RouteKey": "no key"},
    ],
)
async def test_apis(harness: Harness, members: dict[str, Any]) -> None:
    """Nothing is left behind of what is refused."""
    with pytest.raises(ClientError, match="BadRequestException"):
        await harness.control("CreateApi", Name="n", ProtocolType="HTTP", **members)
    assert (await harness.control("GetApis"))["Items"] == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "GET",
        "GET pets",
        "FETCH /pets",
        "get /pets",
        "$connect",
        "GET /{a",
        "GET /{a+}/b",
        "GET /{a}/{a}",
        "GET /{}",
    ],
)
async def test_route_keys(harness: Harness, key: str) -> None:
    assert await refused(await HttpApi.make(harness), "CreateRoute", RouteKey=key) == "BadRequestException"


@pytest.mark.parametrize("key", ["GET /", "ANY /{proxy+}", "$default", "POST /a/{b}/c", "PATCH /a.b/-_~"])
async def test_good_route_keys(harness: Harness, key: str) -> None:
    api = await HttpApi.make(harness)
    assert (await api.control("CreateRoute", RouteKey=key))["RouteKey"] == key
    assert await refused(api, "CreateRoute", RouteKey=key) == "ConflictException"


@pytest.mark.parametrize(
    "members",
    [
        {"AuthorizationType": "JWT"},
        {"AuthorizationType": "CUSTOM", "AuthorizerId": "none"},
        {"AuthorizationScopes": ["read"]},
        {"ApiKeyRequired": True},
        {"RequestModels": {"$default": "m"}},
    ],
)
async def test_routes(harness: Harness, members: dict[str, Any]) -> None:
    assert (
        await refused(await HttpApi.make(harness), "CreateRoute", RouteKey="GET /", **members) == "BadRequestException"
    )


async def test_authorizer_of_the_other_type(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    jwt = await api.control("CreateAuthorizer", **JWT)
    members = {"AuthorizationType": "CUSTOM", "AuthorizerId": jwt["AuthorizerId"]}
    assert await refused(api, "CreateRoute", RouteKey="GET /", **members) == "BadRequestException"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"IntegrationType": "MOCK"}, "BadRequestException"),
        ({"IntegrationType": "AWS"}, "BadRequestException"),
        (LAMBDA | {"IntegrationUri": "https://a.example"}, "BadRequestException"),
        (LAMBDA | {"IntegrationMethod": "GET"}, "BadRequestException"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION}, "BadRequestException"),
        (LAMBDA | {"PayloadFormatVersion": "3.0"}, "BadRequestException"),
        (LAMBDA | {"TimeoutInMillis": 30_001}, "BadRequestException"),
        (LAMBDA | {"TimeoutInMillis": 49}, "BadRequestException"),
        (LAMBDA | {"RequestTemplates": {"application/json": "{}"}}, "BadRequestException"),
        (HTTP | {"IntegrationUri": "not a url"}, "BadRequestException"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "https://a.example"}, "BadRequestException"),
        (HTTP | {"PayloadFormatVersion": "2.0"}, "BadRequestException"),
        (HTTP | {"RequestParameters": {"append:header.Authorization": "x"}}, "BadRequestException"),
        (HTTP | {"RequestParameters": {"put:header.a": "x"}}, "BadRequestException"),
        (HTTP | {"ResponseParameters": {"200": {"append:header.via": "x"}}}, "BadRequestException"),
        (HTTP | {"ResponseParameters": {"all": {"append:header.a": "x"}}}, "BadRequestException"),
        (HTTP | {"ConnectionType": "VPC_LINK"}, "NotImplemented"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "SQS-Nothing"}, "BadRequestException"),
        ({"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "AppConfig-GetConfiguration"}, "NotImplemented"),
        (
            {
                "IntegrationType": "AWS_PROXY",
                "IntegrationSubtype": "SQS-SendMessage",
                "CredentialsArn": "arn:aws:iam::000000000000:role/r",
                "RequestParameters": {"QueueUrl": "q"},
            },
            "BadRequestException",
        ),
    ],
)
async def test_bad_integrations(harness: Harness, members: dict[str, Any], code: str) -> None:
    assert await refused(await HttpApi.make(harness), "CreateIntegration", **members) == code


@pytest.mark.parametrize(
    "members",
    [
        JWT | {"JwtConfiguration": {"Issuer": "issuer", "Audience": ["a"]}},
        JWT | {"JwtConfiguration": {"Issuer": "https://issuer.example"}},
        JWT | {"IdentitySource": []},
        JWT | {"IdentitySource": ["$context.x"]},
        REQUEST | {"AuthorizerUri": "https://a.example"},
        REQUEST | {"AuthorizerPayloadFormatVersion": "3.0"},
        REQUEST | {"AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": True},
        REQUEST | {"AuthorizerResultTtlInSeconds": 3601},
        REQUEST | {"AuthorizerResultTtlInSeconds": 1, "IdentitySource": []},
        REQUEST | {"IdentitySource": ["route.request.header.A"]},
    ],
)
async def test_bad_authorizers(harness: Harness, members: dict[str, Any]) -> None:
    assert await refused(await HttpApi.make(harness), "CreateAuthorizer", **members) == "BadRequestException"


@pytest.mark.parametrize(
    "members",
    [
        {"StageName": "a b"},
        {"StageName": "a", "DefaultRouteSettings": {"LoggingLevel": "INFO"}},
        {"StageName": "a", "DefaultRouteSettings": {"DataTraceEnabled": True}},
        {"StageName": "a", "StageVariables": {"a-b": "c"}},
    ],
)
async def test_bad_stages(harness: Harness, members: dict[str, Any]) -> None:
    assert await refused(await HttpApi.make(harness), "CreateStage", **members) == "BadRequestException"


async def test_what_is_for_websocket_apis(harness: Harness) -> None:
    api = await HttpApi.make(harness)
    assert await refused(api, "CreateModel", Name="m", Schema="{}") == "BadRequestException"
    route = await api.control("CreateRoute", RouteKey="GET /")
    members = {"RouteId": route["RouteId"], "RouteResponseKey": "$default"}
    assert await refused(api, "CreateRouteResponse", **members) == "BadRequestException"


async def test_managed_routes_keep_their_key(harness: Harness) -> None:
    made = await harness.control("CreateApi", Name="q", ProtocolType="HTTP", Target=FUNCTION)
    api = HttpApi(harness, made["ApiId"])
    [route] = (await api.control("GetRoutes"))["Items"]
    assert await refused(api, "UpdateRoute", RouteId=route["RouteId"], RouteKey="GET /") == "BadRequestException"


async def test_target_of_an_api_without_one(harness: Harness) -> None:
    assert await refused(await HttpApi.make(harness), "UpdateApi", Target=FUNCTION) == "BadRequestException"


async def test_told_as_aws_does(harness: Harness) -> None:
    """The texts of hashicorp/terraform-provider-aws#17497, #32629, aws/aws-cli#6363 and anomalyco/sst#5586."""
    api = await HttpApi.make(harness)
    no_authorizer = "Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
    with pytest.raises(ClientError, match=no_authorizer):
        await api.control("CreateRoute", RouteKey="GET /", AuthorizationType="CUSTOM", AuthorizerId="x")
    with pytest.raises(ClientError, match="may only be associated with proxy integrations"):
        await api.control("CreateIntegration", IntegrationType="AWS")
    with pytest.raises(ClientError, match="Identity source must be set if authorizer caching is enabled"):
        await api.control("CreateAuthorizer", **REQUEST | {"AuthorizerResultTtlInSeconds": 1, "IdentitySource": []})
    made = await api.control("CreateAuthorizer", **JWT)
    members = {"AuthorizationType": "JWT", "AuthorizerId": made["AuthorizerId"]}
    await api.control("CreateRoute", RouteKey="POST /a", **members)
    with pytest.raises(ClientError, match=f"authorizer '{made['Name']}', is referenced in route: POST /a"):
        await api.control("DeleteAuthorizer", AuthorizerId=made["AuthorizerId"])


async def test_credentials_and_empty_apis_are_told_as_aws_does(harness: Harness) -> None:
    """The texts of aws/aws-cdk#9076 and mach-composer/mach-composer-cli#42."""
    cors = {"AllowOrigins": ["*"], "AllowCredentials": True}
    with pytest.raises(ClientError, match=r"allow-credentials is not supported if 'allow-origin' is \*"):
        await harness.control("CreateApi", Name="a", ProtocolType="HTTP", CorsConfiguration=cors)
    made = await harness.control("CreateApi", Name="a", ProtocolType="HTTP")
    with pytest.raises(ClientError, match="Unable to deploy API because no routes exist in this API"):
        await harness.control("CreateDeployment", ApiId=made["ApiId"])
