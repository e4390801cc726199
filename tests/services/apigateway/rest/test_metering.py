"""API keys at work: AG `api-gateway-api-usage-plans.html`; statuses of section 9.3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.apigateway.rest.fakes import Api, Gateway, invocation_uri, said

KEY = {"x-api-key": "k" * 20}


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def metered(gateway: Gateway, *, enabled: bool = True, **plan: Any) -> Api:
    """An API whose `GET /` needs a key, deployed, with one key in one plan."""
    api = gateway.api()
    api.proxy("GET", "/", apiKeyRequired=True)
    api.deploy()
    created = gateway.call("CreateUsagePlan", name="p", apiStages=[{"apiId": api.id, "stage": "prod"}], **plan)
    key = gateway.call("CreateApiKey", name="k", value="k" * 20, enabled=enabled)
    gateway.call("CreateUsagePlanKey", usagePlanId=created["id"], keyId=key["id"], keyType="API_KEY")
    return api


async def test_key_of_a_plan_passes_and_shows_in_the_event(gateway: Gateway) -> None:
    api = metered(gateway)
    assert (await api.send("GET", "/prod/", headers=KEY)).status == 200
    identity = gateway.invoker.event["requestContext"]["identity"]
    assert identity["apiKey"] == "k" * 20
    assert identity["apiKeyId"] == gateway.call("GetApiKeys")["items"][0]["id"]


@pytest.mark.parametrize(("enabled", "headers"), [(True, {}), (True, {"x-api-key": "other"}), (False, KEY)])
async def test_missing_unknown_and_disabled_keys_are_forbidden(
    gateway: Gateway, enabled: bool, headers: dict[str, str]
) -> None:
    """Section 9.3: 403 `Forbidden`, ForbiddenException."""
    response = await metered(gateway, enabled=enabled).send("GET", "/prod/", headers=headers)
    assert said(response) == (403, {"message": "Forbidden"})
    assert response.headers["x-amzn-ErrorType"] == "ForbiddenException"


async def test_key_without_a_plan_for_the_stage_is_forbidden(gateway: Gateway) -> None:
    api = metered(gateway)
    api.deploy("beta")
    assert (await api.send("GET", "/beta/", headers=KEY)).status == 403


async def test_throttled_beyond_burst_and_rate(gateway: Gateway) -> None:
    """429 `Too Many Requests`; tokens come back with the rig's time."""
    api = metered(gateway, throttle={"rateLimit": 1.0, "burstLimit": 2})
    statuses = [(await api.send("GET", "/prod/", headers=KEY)).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    response = await api.send("GET", "/prod/", headers=KEY)
    assert said(response) == (429, {"message": "Too Many Requests"})
    assert response.headers["x-amzn-ErrorType"] == "TooManyRequestsException"
    gateway.clock.advance(1)
    assert (await api.send("GET", "/prod/", headers=KEY)).status == 200


@pytest.mark.parametrize(("period", "days"), [("DAY", 1), ("WEEK", 7), ("MONTH", 31)])
async def test_quota_is_for_its_period(gateway: Gateway, period: str, days: int) -> None:
    """429 `Limit Exceeded` until the next period."""
    api = metered(gateway, quota={"limit": 1, "period": period})
    await api.send("GET", "/prod/", headers=KEY)
    response = await api.send("GET", "/prod/", headers=KEY)
    assert said(response) == (429, {"message": "Limit Exceeded"})
    assert response.headers["x-amzn-ErrorType"] == "LimitExceededException"
    gateway.clock.advance(days * 86400)
    assert (await api.send("GET", "/prod/", headers=KEY)).status == 200


async def test_key_from_an_authorizer(gateway: Gateway) -> None:
    """`apiKeySource` AUTHORIZER: the key is the authorizer's `usageIdentifierKey`."""
    function = "arn:aws:lambda:us-east-1:000000000000:function:authorizer"
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {"principalId": "ann", "policyDocument": {"Statement": statement}}
    gateway.invoker.outputs[function] = policy
    api = metered(gateway)
    operation = {"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}
    api.call("UpdateRestApi", patchOperations=[operation])
    authorizer = api.call("CreateAuthorizer", name="a", type="TOKEN", authorizerUri=invocation_uri(function))
    operations = [
        {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
        {"op": "replace", "path": "/authorizerId", "value": authorizer["id"]},
    ]
    api.call("UpdateMethod", resourceId=api.root, httpMethod="GET", patchOperations=operations)
    api.deploy()
    assert (await api.send("GET", "/prod/", headers={"Authorization": "a", **KEY})).status == 403
    gateway.invoker.outputs[function] = policy | {"usageIdentifierKey": "k" * 20}
    assert (await api.send("GET", "/prod/", headers={"Authorization": "b"})).status == 200


async def test_a_method_that_the_plan_throttles_on_its_own(gateway: Gateway) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_ApiStage.html (`throttle`); other methods go on."""
    api = metered(gateway)
    api.proxy("GET", "/items", apiKeyRequired=True)
    api.deploy()
    plan = gateway.call("GetUsagePlans")["items"][0]["id"]
    at = f"/apiStages/{api.id}:prod/throttle/~1items/GET"
    operations = [{"op": "replace", "path": f"{at}/{name}", "value": "1"} for name in ("rateLimit", "burstLimit")]
    gateway.call("UpdateUsagePlan", usagePlanId=plan, patchOperations=operations)
    statuses = [(await api.send("GET", "/prod/items", headers=KEY)).status for _ in range(2)]
    assert statuses == [200, 429]
    assert (await api.send("GET", "/prod/", headers=KEY)).status == 200
