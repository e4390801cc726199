"""Canary releases (AG `canary-release.html`)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway

OLD, NEW = (f"arn:aws:lambda:us-east-1:000000000000:function:{name}" for name in ("old", "new"))


@pytest.fixture
def gateway() -> Gateway:
    made = Gateway()
    made.invoker.outputs = {OLD: {"statusCode": 200, "body": "old"}, NEW: {"statusCode": 200, "body": "new"}}
    return made


def released(gateway: Gateway, percent: float, **canary: Any) -> tuple[Api, str, str]:
    """An API whose stage is on one deployment and its canary on the next; both ids."""
    api = gateway.api()
    ids = api.proxy("GET", "/", OLD)
    first = api.call("CreateDeployment", stageName="prod", variables={"v": "stage"})["id"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{NEW}/invocations"
    api.call("PutIntegration", **ids, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    settings = {"percentTraffic": percent, **canary}
    second = api.call("CreateDeployment", stageName="prod", canarySettings=settings)["id"]
    return api, first, second


async def bodies(api: Api, count: int) -> list[bytes]:
    return [(await api.send("GET", "/prod/")).body for _ in range(count)]


async def test_share(gateway: Gateway) -> None:
    """All or nothing at the ends, both in between; variables of the canary's own."""
    api, first, second = released(gateway, 100.0, stageVariableOverrides={"v": "canary"})
    assert set(await bodies(api, 5)) == {b"new"}
    assert gateway.invoker.event["stageVariables"] == {"v": "canary"}
    assert gateway.invoker.event["requestContext"]["deploymentId"] == second
    change = {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"}
    api.call("UpdateStage", stageName="prod", patchOperations=[change])
    assert set(await bodies(api, 5)) == {b"old"}
    assert gateway.invoker.event["stageVariables"] == {"v": "stage"}
    api.call("UpdateStage", stageName="prod", patchOperations=[change | {"value": "50"}])
    assert set(await bodies(api, 200)) == {b"old", b"new"}
    stage = api.call("GetStage", stageName="prod")
    assert (stage["deploymentId"], stage["canarySettings"]["deploymentId"]) == (first, second)


async def test_promotion(gateway: Gateway) -> None:
    """`copy` of deployment and variables, then the canary goes."""
    api, _, second = released(gateway, 10.0, stageVariableOverrides={"v": "canary"})
    operations = [
        {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
        {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
        {"op": "remove", "path": "/canarySettings"},
    ]
    stage = api.call("UpdateStage", stageName="prod", patchOperations=operations)
    assert (stage["deploymentId"], stage["variables"]) == (second, {"v": "canary"})
    assert "canarySettings" not in stage
    assert set(await bodies(api, 5)) == {b"new"}


def test_what_is_refused(gateway: Gateway) -> None:
    api, first, second = released(gateway, 10.0)
    for op in (
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "101"},
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "many"},
        {"op": "replace", "path": "/canarySettings/deploymentId", "value": "none"},
        {"op": "copy", "from": "/elsewhere", "path": "/deploymentId"},
    ):
        with pytest.raises(BadRequestException):
            api.call("UpdateStage", stageName="prod", patchOperations=[op])
    for deployment in (first, second):
        with pytest.raises(BadRequestException, match="Active stages"):
            api.call("DeleteDeployment", deploymentId=deployment)
    with pytest.raises(NotFoundException):
        api.call("CreateDeployment", stageName="none", canarySettings={"percentTraffic": 1.0})
