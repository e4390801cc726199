"""A gateway without a Lambda of its own before an upstream that has one: here another rig, as LocalStack would be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import ClientError

from cloudrig.engine.config import Config
from cloudrig.engine.errors import AccessDenied
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.rig import Rig
from cloudrig.services.lambda_.errors import ResourceNotFound, ServiceException, TooManyRequests
from cloudrig.services.lambda_.upstream_functions import UpstreamFunctions
from cloudrig.services.upstream.upstream import HttpUpstream
from tests import rigs
from tests.services.lambda_.harness import archive

ROLE = "arn:aws:iam::000000000000:role/functions"
HANDLERS = """
import json
def answer(event, context):
    context = event["requestContext"]
    said = {"said": event.get("body"), "user": context.get("authorizer", {}).get("principalId")}
    return {"statusCode": 200, "body": json.dumps(said)}
def authorize(event, context):
    who = event["queryStringParameters"]["who"]
    allow = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {"principalId": who, "policyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
def fail(event, context):
    raise ValueError("no")
"""


@dataclass(frozen=True)
class Place:
    """The gateway, the upstream behind it, and functions made by way of the gateway."""

    gateway: Rig
    upstream: Rig

    async def call(self, service: str, operation: str, *, rig: Rig | None = None, **members: Any) -> dict[str, Any]:
        return await rigs.call(rig or self.gateway, service, operation, **members)

    async def function(self, name: str, *, allowed: bool = True) -> str:
        """One of HANDLERS, by its name; its ARN."""
        made = await self.call(
            "lambda",
            "create_function",
            FunctionName=name,
            Runtime="python3.13",
            Handler=f"m.{name}",
            Role=ROLE,
            Code={"ZipFile": archive(HANDLERS)},
        )
        arn: str = made["FunctionArn"]
        if allowed:
            await self.allow(name)
        return arn

    async def allow(self, name: str) -> None:
        await self.call(
            "lambda",
            "add_permission",
            FunctionName=name,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )

    async def websocket_api(self, function_arn: str, authorizer_arn: str) -> str:
        """Its URL: `$connect` asks the authorizer, `$default` answers on the connection."""
        expression = "$request.body.action"
        api = await self.call(
            "apigatewayv2", "create_api", Name="a", ProtocolType="WEBSOCKET", RouteSelectionExpression=expression
        )
        api_id = api["ApiId"]
        uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
        integration = await self.call(
            "apigatewayv2",
            "create_integration",
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=uri.format(function_arn),
        )
        authorizer = await self.call(
            "apigatewayv2",
            "create_authorizer",
            ApiId=api_id,
            Name="who",
            AuthorizerType="REQUEST",
            IdentitySource=["route.request.querystring.who"],
            AuthorizerUri=uri.format(authorizer_arn),
        )
        target = f"integrations/{integration['IntegrationId']}"
        who = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer["AuthorizerId"]}
        await self.call("apigatewayv2", "create_route", ApiId=api_id, RouteKey="$connect", Target=target, **who)
        route = await self.call(
            "apigatewayv2",
            "create_route",
            ApiId=api_id,
            RouteKey="$default",
            Target=target,
            RouteResponseSelectionExpression="$default",
        )
        await self.call(
            "apigatewayv2",
            "create_route_response",
            ApiId=api_id,
            RouteId=route["RouteId"],
            RouteResponseKey="$default",
        )
        await self.call("apigatewayv2", "create_stage", ApiId=api_id, StageName="prod", AutoDeploy=True)
        return f"{self.gateway.addresses.url}/_aws/execute-api/{api_id}/prod"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with Rig(Config(tmp_path / "upstream", port=0)) as upstream:
        services = frozenset({"apigatewayv2", "execute-api"})
        config = Config(tmp_path / "gateway", port=0, upstream=upstream.addresses.url, services=services)
        async with Rig(config) as gateway:
            yield Place(gateway, upstream)


async def test_websocket_apis_ask_the_upstreams_functions(place: Place) -> None:
    url = await place.websocket_api(await place.function("answer"), await place.function("authorize"))
    assert len((await place.call("lambda", "list_functions", rig=place.upstream))["Functions"]) == 2
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}?who=ann") as socket:
        await socket.send_str("hello")
        assert json.loads(await socket.receive_str(timeout=20)) == {"said": "hello", "user": "ann"}


async def test_who_lacks_the_functions_leave_does_not_get_in(place: Place) -> None:
    """Its policy is the upstream's; a permission counts at once."""
    url = await place.websocket_api(await place.function("answer", allowed=False), await place.function("authorize"))
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}?who=ann")
        assert refused.value.status == 500
        await place.allow("answer")
        async with session.ws_connect(f"{url}?who=ann"):
            pass


async def test_rest_apis_are_the_upstreams_and_answer_by_the_gateway(place: Place) -> None:
    api = await place.call("apigateway", "create_rest_api", name="r")
    (root,) = (await place.call("apigateway", "get_resources", restApiId=api["id"]))["items"]
    at = {"restApiId": api["id"], "resourceId": root["id"], "httpMethod": "GET"}
    await place.call("apigateway", "put_method", **at, authorizationType="NONE")
    template = {"application/json": '{"statusCode": 200}'}
    await place.call("apigateway", "put_integration", **at, type="MOCK", requestTemplates=template)
    await place.call("apigateway", "put_method_response", **at, statusCode="200")
    answers = {"application/json": '{"from": "upstream"}'}
    await place.call("apigateway", "put_integration_response", **at, statusCode="200", responseTemplates=answers)
    await place.call("apigateway", "create_deployment", restApiId=api["id"], stageName="prod")
    assert (await place.call("apigateway", "get_rest_apis", rig=place.upstream))["items"][0]["id"] == api["id"]
    url = f"{place.gateway.addresses.url}/_aws/execute-api/{api['id']}/prod/"
    page = {"Origin": "https://my-frontend.example"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=page) as answer:
        assert (answer.status, await answer.json()) == (200, {"from": "upstream"})


async def test_what_an_invocation_comes_to(place: Place) -> None:
    """Answers, functions' own errors, versions, and what Lambda refuses."""
    upstream = HttpUpstream(place.upstream.addresses.url)
    await upstream.start()
    functions = UpstreamFunctions(upstream)
    arn = await place.function("answer")
    answered = await functions.invoke(arn, b'{"requestContext": {}, "body": "b"}')
    assert json.loads(json.loads(answered.payload)["body"]) == {"said": "b", "user": None}
    assert (answered.function_error, answered.executed_version) == (None, "$LATEST")
    failed = await functions.invoke(await place.function("fail"), b"{}")
    assert (failed.function_error, json.loads(failed.payload)["errorMessage"]) == ("Unhandled", "no")
    await place.call("lambda", "publish_version", FunctionName="answer")
    version = await functions.invoke(f"{arn}:1", b'{"requestContext": {}}')
    assert version.executed_version == "1"
    with pytest.raises(ResourceNotFound):
        await functions.invoke(f"{arn}-of-nobody", b"{}")
    with pytest.raises(AccessDenied):  # permissions are each version's own
        await functions.invoke(f"{arn}:1", b"{}", principal="apigateway.amazonaws.com", source_arn=arn)
    await place.call("lambda", "put_function_concurrency", FunctionName="answer", ReservedConcurrentExecutions=0)
    with pytest.raises(TooManyRequests):
        await functions.invoke(arn, b"{}")
    await upstream.close()


class Secretive:
    """Implements `interfaces.Upstream`: does not know `GetPolicy`, and answers every invocation with one status."""

    url = "http://127.0.0.1:1"

    def __init__(self, status: int) -> None:
        self._status = status

    async def forward(self, request: Request) -> Response:
        return Response(self._status, b'"done"')

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "NotImplemented", "Message": operation}}, operation)


async def test_a_policy_that_cannot_be_read_is_not_checked() -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    answer = await UpstreamFunctions(Secretive(200)).invoke(arn, b"{}", principal="apigateway.amazonaws.com")
    assert answer.payload == b'"done"'


async def test_an_upstream_that_fails_is_an_error_of_the_service() -> None:
    with pytest.raises(ServiceException, match="502"):
        await UpstreamFunctions(Secretive(502)).invoke("arn:aws:lambda:us-east-1:000000000000:function:f", b"{}")
