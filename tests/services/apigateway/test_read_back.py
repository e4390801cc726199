"""What infrastructure tools read after they wrote: the same, or they would change it for ever.

Which members and operations Terraform reads: hashicorp/terraform-provider-aws, `internal/service/apigatewayv2`
and `internal/service/apigateway` (functions `resource…Read`).
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudrig.engine.messages import Members
from tests.services.apigateway.harness import INVOCATION_URI, Harness

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
URI = INVOCATION_URI.format(FUNCTION)
CORS = {
    "AllowCredentials": False,
    "AllowHeaders": ["x-a"],
    "AllowMethods": ["GET"],
    "AllowOrigins": ["https://a.example"],
    "ExposeHeaders": [],
    "MaxAge": 0,
}
LOG = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:g", "Format": "$context.requestId"}
SETTINGS = {"DetailedMetricsEnabled": True, "ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2.5}


async def written(harness: Harness, kind: str, where: Members, ident: str, **members: Any) -> Members:
    """Create a resource and read it back; both must show what was written. Gives the ids that name it."""
    made = await harness.control(f"Create{kind}", **where, **members)
    ids = where | {ident: made[ident]}
    read = await harness.control(f"Get{kind}", **ids)
    assert read == made
    for name, value in members.items():
        assert read[name] == value, name
    return ids


@pytest.mark.parametrize("protocol", ["HTTP", "WEBSOCKET"])
async def test_apis_and_stages(harness: Harness, protocol: str) -> None:
    """`aws_apigatewayv2_api`, `_stage`, `_route`, `_deployment`: every member, and tags by their ARN."""
    await harness.call_v1("UpdateAccount", patchOperations=[ROLE])
    expression = {"HTTP": "$request.method $request.path", "WEBSOCKET": "$request.body.action"}[protocol]
    api = await written(
        harness,
        "Api",
        {},
        "ApiId",
        Name="n",
        ProtocolType=protocol,
        RouteSelectionExpression=expression,
        ApiKeySelectionExpression="$request.header.x-api-key",
        Description="d",
        Version="1",
        Tags={"a": "b"},
        DisableExecuteApiEndpoint=True,
        **({"CorsConfiguration": CORS} if protocol == "HTTP" else {}),
    )
    kind = {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "IntegrationMethod": "POST", "Description": "i"}
    # the provider always sends these two
    kind |= {"ConnectionType": "INTERNET", "PayloadFormatVersion": "1.0"}
    integration = await written(harness, "Integration", api, "IntegrationId", **kind, TimeoutInMillis=12_000)
    key = "GET /a" if protocol == "HTTP" else "a"
    target = f"integrations/{integration['IntegrationId']}"
    await written(harness, "Route", api, "RouteId", RouteKey=key, Target=target, OperationName="o")
    deployment = await written(harness, "Deployment", api, "DeploymentId", Description="d")
    stage = await written(
        harness,
        "Stage",
        api,
        "StageName",
        StageName="prod",
        AutoDeploy=False,
        DeploymentId=deployment["DeploymentId"],
        Description="s",
        AccessLogSettings=LOG,
        StageVariables={"a": "b"},
        Tags={"c": "d"},
        RouteSettings={key: SETTINGS},
    )
    for arn, tags in ((f"/apis/{api['ApiId']}", {"a": "b"}), (f"/apis/{api['ApiId']}/stages/prod", {"c": "d"})):
        found = await harness.control("GetTags", ResourceArn=f"arn:aws:apigateway:us-east-1::{arn}")
        assert found["Tags"] == tags
    # as the provider takes things away
    await harness.control("DeleteRouteSettings", **stage, RouteKey=key)
    changed = await harness.control(
        "UpdateStage", **stage, AccessLogSettings={}, StageVariables={"a": ""}, Description=""
    )
    assert (changed["RouteSettings"], changed["StageVariables"]) == ({}, {})
    assert "AccessLogSettings" not in changed


ROLE = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::000000000000:role/logs"}


async def test_authorizers(harness: Harness) -> None:
    """`aws_apigatewayv2_authorizer`; ConflictException while a route asks it, which the provider waits for."""
    made = await harness.control("CreateApi", Name="n", ProtocolType="HTTP")
    api = {"ApiId": made["ApiId"]}
    configuration = {"Audience": ["a"], "Issuer": "https://issuer.example"}
    source = ["$request.header.Authorization"]
    jwt = await written(
        harness,
        "Authorizer",
        api,
        "AuthorizerId",
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=source,
        JwtConfiguration=configuration,
    )
    await written(
        harness,
        "Authorizer",
        api,
        "AuthorizerId",
        Name="request",
        AuthorizerType="REQUEST",
        IdentitySource=source,
        AuthorizerUri=URI,
        AuthorizerPayloadFormatVersion="2.0",
        AuthorizerResultTtlInSeconds=300,
        EnableSimpleResponses=True,
        AuthorizerCredentialsArn="arn:aws:iam::000000000000:role/r",
    )
    guarded = {"AuthorizationType": "JWT", "AuthorizerId": jwt["AuthorizerId"], "AuthorizationScopes": ["s"]}
    route = await written(harness, "Route", api, "RouteId", RouteKey="GET /", **guarded)
    with pytest.raises(ClientError, match="ConflictException"):
        await harness.control("DeleteAuthorizer", **jwt)
    changed = await harness.control(
        "UpdateRoute", **route, AuthorizationType="NONE", AuthorizerId="", AuthorizationScopes=[]
    )
    assert (changed["AuthorizationType"], changed.get("AuthorizerId") or "") == ("NONE", "")
    await harness.control("DeleteAuthorizer", **jwt)


async def test_domain_names_and_mappings(harness: Harness) -> None:
    """`aws_apigatewayv2_domain_name` and `_api_mapping`: status, target and zone are there to wait for."""
    certificate = "arn:aws:acm:us-east-1:000000000000:certificate/c"
    configuration = {"CertificateArn": certificate, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    await harness.control("CreateDomainName", DomainName="a.example.com", DomainNameConfigurations=[configuration])
    read = await harness.control("GetDomainName", DomainName="a.example.com")
    [shown] = read["DomainNameConfigurations"]
    assert configuration.items() <= shown.items()
    assert (shown["DomainNameStatus"], bool(shown["ApiGatewayDomainName"]), bool(shown["HostedZoneId"])) == (
        "AVAILABLE",
        True,
        True,
    )
    api = (await harness.control("CreateApi", Name="n", ProtocolType="HTTP"))["ApiId"]
    await harness.control("CreateStage", ApiId=api, StageName="$default", AutoDeploy=True)
    where = {"DomainName": "a.example.com"}
    members = {"ApiId": api, "Stage": "$default", "ApiMappingKey": "v1"}
    await written(harness, "ApiMapping", where, "ApiMappingId", **members)


async def test_rest_api(harness: Harness) -> None:
    """`aws_api_gateway_rest_api`, `_resource`, `_method`, `_integration`, `_stage`, `_method_settings`."""
    v1 = harness.call_v1
    api = await v1("CreateRestApi", name="r", description="d", endpointConfiguration={"types": ["REGIONAL"]})
    ids = {"restApiId": api["id"]}
    read = await v1("GetRestApi", **ids)
    assert {name: read[name] for name in api} == api
    assert read["rootResourceId"] == api["rootResourceId"]
    resource = await v1("CreateResource", **ids, parentId=api["rootResourceId"], pathPart="a")
    assert await v1("GetResource", **ids, resourceId=resource["id"]) == resource
    method = ids | {"resourceId": resource["id"], "httpMethod": "GET"}
    parameters = {"method.request.querystring.q": False}
    made = await v1("PutMethod", **method, authorizationType="NONE", requestParameters=parameters, apiKeyRequired=True)
    assert await v1("GetMethod", **method) == made
    integration = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": URI, "timeoutInMillis": 12_000}
    made = await v1("PutIntegration", **method, **integration)
    assert (made["passthroughBehavior"], made["cacheNamespace"]) == ("WHEN_NO_MATCH", resource["id"])
    assert await v1("GetIntegration", **method) == made
    deployment = await v1("CreateDeployment", **ids)
    stage = ids | {"stageName": "prod"}
    canary = {"percentTraffic": 10.0, "stageVariableOverrides": {"a": "c"}, "useStageCache": False}
    made = await v1(
        "CreateStage",
        **stage,
        deploymentId=deployment["id"],
        variables={"a": "b"},
        tags={"t": "u"},
        tracingEnabled=True,
        cacheClusterEnabled=True,
        cacheClusterSize="0.5",
        canarySettings={**canary, "deploymentId": deployment["id"]},
    )
    assert await v1("GetStage", **stage) == made
    assert made["canarySettings"] == {**canary, "deploymentId": deployment["id"]}
    assert (made["tracingEnabled"], made["cacheClusterSize"]) == (True, "0.5")
    paths = {"metrics/enabled": "true", "throttling/rateLimit": "-1", "throttling/burstLimit": "-1"}
    patches = [{"op": "replace", "path": f"/*/*/{path}", "value": value} for path, value in paths.items()]
    changed = await v1("UpdateStage", **stage, patchOperations=patches)
    settings = changed["methodSettings"]["*/*"]
    assert (settings["metricsEnabled"], settings["throttlingRateLimit"]) == (True, -1)
