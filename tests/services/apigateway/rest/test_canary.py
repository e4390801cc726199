"""Canary releases (AG `canary-release.html`)."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException
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


def test_any_setting_makes_a_canary(gateway: Gateway) -> None:
    """Of the stage's own deployment (recorded from AWS in LocalStack's test snapshots)."""
    api, first, _ = released(gateway, 10.0)
    remove = {"op": "remove", "path": "/canarySettings"}
    percent = {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "50"}
    stage = api.call("UpdateStage", stageName="prod", patchOperations=[remove, percent])
    assert stage["canarySettings"] == {"deploymentId": first, "percentTraffic": 50.0, "useStageCache": False}


async def test_templates_know_of_the_canary(gateway: Gateway) -> None:
    """`$context.isCanaryRequest` (recorded from AWS in LocalStack's test snapshots)."""
    api = gateway.api()
    api.mock("GET", "/", responseTemplates={"application/json": "$context.isCanaryRequest"})
    api.deploy()
    assert await bodies(api, 1) == [b""]
    api.call("CreateDeployment", stageName="prod", canarySettings={"percentTraffic": 0.0})
    assert await bodies(api, 1) == [b"false"]
    change = {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "100"}
    api.call("UpdateStage", stageName="prod", patchOperations=[change])
    assert await bodies(api, 1) == [b"true"]


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ({"op": "replace", "path": "/canarySettings/percentTraffic", "value": "101"}, "Invalid canary percentTraffic"),
        ({"op": "replace", "path": "/canarySettings/percentTraffic", "value": "many"}, "Invalid value"),
        ({"op": "replace", "path": "/canarySettings/deploymentId", "value": "x"}, "Deployment id does not exist"),
        (
            {"op": "add", "path": "/canarySettings/deploymentId", "value": "x"},
            "Invalid add operation with path: /canarySettings/deploymentId",
        ),
        ({"op": "replace", "path": "/canarySettings", "value": "x"}, "Invalid method setting path: /canarySettings. "),
        (
            {"op": "remove", "path": "/canarySettings/stageVariableOverrides"},
            "Cannot remove method setting canarySettings/stageVariableOverrides because there is no method setting",
        ),
        (
            {"op": "copy", "from": "/variables", "path": "/canarySettings/stageVariableOverrides"},
            "Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid",
        ),
        (
            {"op": "copy", "from": "/elsewhere", "path": "/deploymentId"},
            "Invalid copy operation with path: /deploy",
        ),
    ],
)
def test_invalid_updates(gateway: Gateway, operation: dict[str, Any], text: str) -> None:
    """Texts recorded from AWS in LocalStack's test snapshots, but those of percentages."""
    api, _, _ = released(gateway, 10.0)
    with pytest.raises(BadRequestException, match=text):
        api.call("UpdateStage", stageName="prod", patchOperations=[operation])


def test_what_is_refused(gateway: Gateway) -> None:
    api, first, second = released(gateway, 10.0)
    for deployment in (first, second):
        with pytest.raises(BadRequestException, match="Active stages"):
            api.call("DeleteDeployment", deploymentId=deployment)
    with pytest.raises(BadRequestException, match="Stage none must already be created before making a canary release"):
        api.call("CreateDeployment", stageName="none", canarySettings={"percentTraffic": 1.0})
    with pytest.raises(BadRequestException, match=r"Non null and non empty stageName must be provided .* is null"):
        api.call("CreateDeployment", canarySettings={"percentTraffic": 1.0})
    copy = {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"}
    remove = {"op": "remove", "path": "/canarySettings"}
    with pytest.raises(BadRequestException, match=r"Promotion not available. Canary does not exist."):
        api.call("UpdateStage", stageName="prod", patchOperations=[remove, copy])
