"""API keys, usage plans and throttles in front of `$connect` and messages (aws-behaviour §3.1, §3.2, §5.4, §8)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from cloudrig.engine.names import Scope
from tests.services.apigateway.fakes import Event, echo, ok
from tests.services.apigateway.harness import INVOCATION_URI, Deployed, Harness, Route, running

VALUE = "k" * 20
KEY = {"x-api-key": VALUE}


async def keyed(harness: Harness, *, plan: dict[str, Any] | None = None, **api: Any) -> Deployed:
    """An API whose `$connect` needs a key, with one key in one plan."""
    made = await harness.deploy({"$connect": ok, "$disconnect": ok, "echo": Route(echo, answers=True)}, **api)
    await set_connect(harness, made, ApiKeyRequired=True)
    stages = [{"apiId": made.api_id, "stage": "prod"}]
    usage_plan = await harness.call_v1("CreateUsagePlan", name="p", apiStages=stages, **(plan or {}))
    key = await harness.call_v1("CreateApiKey", name="k", value=VALUE, enabled=True)
    await harness.call_v1("CreateUsagePlanKey", usagePlanId=usage_plan["id"], keyId=key["id"], keyType="API_KEY")
    return made


async def set_connect(harness: Harness, api: Deployed, **members: Any) -> None:
    routes = (await harness.control("GetRoutes", ApiId=api.api_id))["Items"]
    [connect] = [route["RouteId"] for route in routes if route["RouteKey"] == "$connect"]
    await harness.control("UpdateRoute", ApiId=api.api_id, RouteId=connect, **members)


async def status_of(api: Deployed, headers: dict[str, str] | None = None) -> int:
    try:
        async with api.connect(additional_headers=headers):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_key(harness: Harness) -> None:
    """§3.2: 403 without a good key, and nobody is called; with one it is in every event of the connection."""
    api = await keyed(harness)
    assert await status_of(api) == 403
    assert await status_of(api, {"x-api-key": "other"}) == 403
    assert harness.invoker.events == []
    assert await status_of(api, KEY) == 101
    await harness.events_of("DISCONNECT")
    for event in harness.invoker.events:
        assert event["requestContext"]["identity"]["apiKey"] == VALUE


async def test_plan_is_for_the_stage(harness: Harness) -> None:
    api = await keyed(harness)
    [plan] = (await harness.call_v1("GetUsagePlans"))["items"]
    patch = {"op": "remove", "path": "/apiStages", "value": f"{api.api_id}:prod"}
    await harness.call_v1("UpdateUsagePlan", usagePlanId=plan["id"], patchOperations=[patch])
    assert await status_of(api, KEY) == 403


@pytest.mark.parametrize(
    "plan", [{"quota": {"limit": 1, "period": "DAY"}}, {"throttle": {"rateLimit": 0.001, "burstLimit": 1}}]
)
async def test_plan_is_used_up(harness: Harness, plan: dict[str, Any]) -> None:
    """§3.1: an exhausted plan is 429."""
    api = await keyed(harness, plan=plan)
    assert [await status_of(api, KEY) for _ in range(2)] == [101, 429]


async def test_key_from_the_authorizer(harness: Harness) -> None:
    """§1.2: with `$context.authorizer.usageIdentifierKey` the authorizer names the key."""
    api = await keyed(harness, ApiKeySelectionExpression="$context.authorizer.usageIdentifierKey")

    def allow(event: Event) -> object:
        statement = {"Effect": "Allow", "Action": "*", "Resource": event["methodArn"]}
        key = event["queryStringParameters"].get("key")
        return {"principalId": "a", "policyDocument": {"Statement": [statement]}, "usageIdentifierKey": key}

    arn = harness.invoker.add("authorizer", allow)
    authorizer = {"AuthorizerType": "REQUEST", "AuthorizerUri": INVOCATION_URI.format(arn)}
    made = await harness.control("CreateAuthorizer", ApiId=api.api_id, Name="a", IdentitySource=[], **authorizer)
    await set_connect(harness, api, AuthorizationType="CUSTOM", AuthorizerId=made["AuthorizerId"])
    assert await status_of(api, KEY) == 403
    async with api.connect(f"?key={VALUE}") as client:
        await client.send('{"action": "echo"}')
        await client.recv()


async def limited(harness: Harness, route: str, **limits: float) -> Deployed:
    api = await harness.deploy({"$connect": ok, "echo": Route(echo, answers=True)})
    where = {"ApiId": api.api_id, "StageName": "prod"}
    await harness.control("UpdateStage", **where, RouteSettings={route: limits})
    return api


async def test_route_throttle(certificates_folder: Path) -> None:
    """§5.4, §1.7: beyond a route's limits `Too Many Requests`, the socket stays open, time brings tokens back."""
    async with running(certificates_folder, throttling=True) as harness:
        api = await limited(harness, "echo", ThrottlingRateLimit=1.0, ThrottlingBurstLimit=1)
        async with api.connect() as client:
            for expected in ("echo", "Too Many Requests"):
                await client.send('{"action": "echo"}')
                assert expected in str(await client.recv())
            harness.clock.advance(1)
            await client.send('{"action": "echo"}')
            assert await client.recv() == '{"action": "echo"}'


async def test_default_throttle_and_zero(certificates_folder: Path) -> None:
    """§1.7: a limit of 0 refuses everything, a handshake with 429."""
    async with running(certificates_folder, throttling=True) as harness:
        api = await harness.deploy({"$connect": ok, "a": ok})
        where = {"ApiId": api.api_id, "StageName": "prod"}
        await harness.control("UpdateStage", **where, DefaultRouteSettings={"ThrottlingRateLimit": 0.0})
        assert await status_of(api) == 429
        await harness.control("UpdateStage", **where, RouteSettings={"$connect": {"ThrottlingRateLimit": 5.0}})
        async with api.connect() as client:
            await client.send('{"action": "a"}')
            assert json.loads(await client.recv())["message"] == "Too Many Requests"
        await harness.control("DeleteRouteSettings", **where, RouteKey="$connect")
        assert await status_of(api) == 429


async def test_new_connections(certificates_folder: Path) -> None:
    """§8: 500 new connections a second; the next is 429."""
    async with running(certificates_folder, throttling=True) as harness:
        api = await harness.deploy({"a": ok})
        for _ in range(499):
            assert harness.around.throttles.admit_connection(Scope())
        assert [await status_of(api) for _ in range(2)] == [101, 429]
        harness.clock.advance(1)
        assert await status_of(api) == 101


async def test_off_by_default(harness: Harness) -> None:
    api = await limited(harness, "echo", ThrottlingRateLimit=0.0)
    async with api.connect() as client:
        await client.send('{"action": "echo"}')
        assert await client.recv() == '{"action": "echo"}'
