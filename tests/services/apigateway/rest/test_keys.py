"""API keys and usage plans in the control plane."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def deployed(gateway: Gateway) -> Api:
    api = gateway.api()
    api.proxy("GET", "/")
    return api.deploy("dev")


def patch(op: str, path: str, value: str | None = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path, "value": value}]


def test_key_lifecycle(gateway: Gateway) -> None:
    """The value shows on creation, later only when asked for (recorded on AWS: `tags` and no value on update)."""
    created = gateway.call("CreateApiKey", name="k", enabled=True)
    assert (len(created["value"]), created["enabled"], created["stageKeys"]) == (40, True, [])
    ids = {"apiKey": created["id"]}
    assert "value" not in gateway.call("GetApiKey", **ids)
    assert gateway.call("GetApiKey", **ids, includeValue=True)["value"] == created["value"]
    changed = gateway.call("UpdateApiKey", **ids, patchOperations=patch("replace", "/enabled", "false"))
    assert (changed["enabled"], changed["tags"], "value" in changed) == (False, {}, False)
    gateway.call("DeleteApiKey", **ids)
    with pytest.raises(NotFoundException, match="Invalid API Key identifier specified"):
        gateway.call("GetApiKey", **ids)


def test_keys_are_found_by_name(gateway: Gateway) -> None:
    for name in ("alpha", "alps", "beta"):
        gateway.call("CreateApiKey", name=name)
    found = gateway.call("GetApiKeys", nameQuery="al", includeValues=True)["items"]
    assert [key["name"] for key in found] == ["alps", "alpha"]
    assert all("value" in key for key in found)


def test_key_values(gateway: Gateway) -> None:
    gateway.call("CreateApiKey", value="x" * 20)
    with pytest.raises(ConflictException):
        gateway.call("CreateApiKey", value="x" * 20)
    with pytest.raises(BadRequestException, match="at least 20 characters"):
        gateway.call("CreateApiKey", value="short")
    with pytest.raises(BadRequestException, match="API Key value exceeds maximum size of 128 characters"):
        gateway.call("CreateApiKey", value="x" * 129)


def test_plan_lifecycle(gateway: Gateway) -> None:
    api = deployed(gateway)
    stages = [{"apiId": api.id, "stage": "dev"}]
    created = gateway.call("CreateUsagePlan", name="p", apiStages=stages)
    ids = {"usagePlanId": created["id"]}
    operations = [
        *patch("replace", "/throttle/burstLimit", "100"),
        *patch("replace", "/throttle/rateLimit", "200"),
        *patch("add", "/quota/limit", "5"),
        *patch("add", "/quota/period", "DAY"),
    ]
    changed = gateway.call("UpdateUsagePlan", **ids, patchOperations=operations)
    assert changed["throttle"] == {"burstLimit": 100, "rateLimit": 200.0}
    assert changed["quota"] == {"limit": 5, "period": "DAY"}
    with pytest.raises(BadRequestException, match="there are API Stages associated with it"):
        gateway.call("DeleteUsagePlan", **ids)
    gateway.call("UpdateUsagePlan", **ids, patchOperations=patch("remove", "/apiStages", f"{api.id}:dev"))
    gateway.call("DeleteUsagePlan", **ids)
    assert gateway.call("GetUsagePlans") == {"items": [], "position": None}


def test_plan_of_a_stage_that_is_not_there(gateway: Gateway) -> None:
    with pytest.raises(NotFoundException):
        gateway.call("CreateUsagePlan", name="p", apiStages=[{"apiId": "x", "stage": "dev"}])


def test_quota_is_whole(gateway: Gateway) -> None:
    with pytest.raises(BadRequestException):
        gateway.call("CreateUsagePlan", name="p", quota={"limit": 5})


@pytest.mark.parametrize("path", ["~1items~1{id}/GET", "/items/{id}/GET"], ids=["escaped", "as Terraform writes it"])
def test_throttles_of_single_methods(gateway: Gateway, path: str) -> None:
    api = deployed(gateway)
    plan = {"usagePlanId": gateway.call("CreateUsagePlan", name="p")["id"]}
    at = f"/apiStages/{api.id}:dev/throttle"
    operations = [
        *patch("add", "/apiStages", f"{api.id}:dev"),
        *patch("replace", f"{at}/{path}/rateLimit", "2.5"),
        *patch("replace", f"{at}/{path}/burstLimit", "5"),
    ]
    [stage] = gateway.call("UpdateUsagePlan", **plan, patchOperations=operations)["apiStages"]
    assert stage["throttle"] == {"/items/{id}/GET": {"rateLimit": 2.5, "burstLimit": 5}}
    [stage] = gateway.call("UpdateUsagePlan", **plan, patchOperations=patch("remove", f"{at}/{path}"))["apiStages"]
    assert stage["throttle"] == {}
    with pytest.raises(NotFoundException):
        gateway.call("UpdateUsagePlan", **plan, patchOperations=patch("remove", "/apiStages/x:dev/throttle"))


def test_keys_of_a_plan(gateway: Gateway) -> None:
    plan = {"usagePlanId": gateway.call("CreateUsagePlan", name="p")["id"]}
    key = gateway.call("CreateApiKey", name="k")
    ids = plan | {"keyId": key["id"]}
    created = gateway.call("CreateUsagePlanKey", **ids, keyType="API_KEY")
    assert created == {"id": key["id"], "type": "API_KEY", "value": key["value"], "name": "k"}
    assert gateway.call("GetUsagePlanKeys", **plan)["items"] == [created]
    assert [p["id"] for p in gateway.call("GetUsagePlans", keyId=key["id"])["items"]] == [plan["usagePlanId"]]
    with pytest.raises(ConflictException):
        gateway.call("CreateUsagePlanKey", **ids, keyType="API_KEY")
    gateway.call("DeleteUsagePlanKey", **ids)
    with pytest.raises(NotFoundException):
        gateway.call("GetUsagePlanKey", **ids)


def test_deleted_key_leaves_its_plans(gateway: Gateway) -> None:
    plan = {"usagePlanId": gateway.call("CreateUsagePlan", name="p")["id"]}
    key = gateway.call("CreateApiKey", name="k")
    gateway.call("CreateUsagePlanKey", **plan, keyId=key["id"], keyType="API_KEY")
    gateway.call("DeleteApiKey", apiKey=key["id"])
    assert gateway.call("GetUsagePlanKeys", **plan)["items"] == []


def test_tags_of_keys_and_plans(gateway: Gateway) -> None:
    key = gateway.call("CreateApiKey", name="k")["id"]
    plan = gateway.call("CreateUsagePlan", name="p")["id"]
    for path in (f"apikeys/{key}", f"usageplans/{plan}"):
        arn = f"arn:aws:apigateway:us-east-1::/{path}"
        gateway.call("TagResource", resourceArn=arn, tags={"a": "1"})
        assert gateway.call("GetTags", resourceArn=arn) == {"tags": {"a": "1"}}


def test_keys_of_a_plan_are_found_by_name(gateway: Gateway) -> None:
    """The newest first; a plan that is not there has none (recorded from AWS in LocalStack's test snapshots)."""
    plan = gateway.call("CreateUsagePlan", name="p")["id"]
    for name in ("alpha", "alps", "beta"):
        key = gateway.call("CreateApiKey", name=name)["id"]
        gateway.call("CreateUsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY")
    found = gateway.call("GetUsagePlanKeys", usagePlanId=plan, nameQuery="al")["items"]
    assert [key["name"] for key in found] == ["alps", "alpha"]
    assert gateway.call("GetUsagePlanKeys", usagePlanId="nowhere")["items"] == []


def test_stages_of_plans(gateway: Gateway) -> None:
    """Worded as AWS told aws/aws-sdk-js#3841, boto/boto3#2629 and aws/aws-sdk#354."""
    api = deployed(gateway)
    plan = gateway.call("CreateUsagePlan", name="p", apiStages=[{"apiId": api.id, "stage": "dev"}])["id"]
    told = f"Cannot delete Usage Plan {plan} because there are API Stages associated with it, including {api.id}:dev"
    with pytest.raises(BadRequestException, match=told):
        gateway.call("DeleteUsagePlan", usagePlanId=plan)
    with pytest.raises(BadRequestException, match="Invalid API Stage specified"):
        gateway.call("UpdateUsagePlan", usagePlanId=plan, patchOperations=patch("remove", "/apiStages"))
    with pytest.raises(BadRequestException, match=r"Invalid API Stage {api: %s, stage: %s} specified for usageplan %s"):
        gateway.call("CreateUsagePlan", name="q", apiStages=[{"apiId": api.id, "stage": ""}])


def test_patches_of_plans_list_what_is_allowed(gateway: Gateway) -> None:
    """Told by AWS in boto/boto3#2629."""
    plan = gateway.call("CreateUsagePlan", name="p")["id"]
    with pytest.raises(BadRequestException) as refused:
        gateway.call("UpdateUsagePlan", usagePlanId=plan, patchOperations=patch("remove", "/apiStages/x:dev"))
    assert refused.value.message == (
        "Invalid patch path  '/apiStages/x:dev' specified for op 'remove'. Must be one of: [/apiStages, /quota, "
        "/throttle, /productCode, /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>, "
        "/apiStages/<apidId:stageName>/throttle]"
    )
