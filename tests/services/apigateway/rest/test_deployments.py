"""Deployments and stages. Texts are those recorded on AWS in LocalStack's snapshots, unless marked in the code."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway


@pytest.fixture
def api() -> Api:
    api = Gateway().api()
    api.proxy("GET", "/")
    return api


def patch(op: str, path: str, value: str | None = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path, "value": value}]


def test_deployment_needs_methods_with_integrations() -> None:
    api = Gateway().api()
    with pytest.raises(BadRequestException, match="The REST API doesn't contain any methods"):
        api.deploy()
    api.method("GET", "/")
    with pytest.raises(BadRequestException, match="No integration defined for method"):
        api.deploy()


def test_deployment_lifecycle(api: Api) -> None:
    created = api.call("CreateDeployment", description="d")
    ids = {"deploymentId": created["id"]}
    assert set(created) == {"id", "createdDate", "description"}
    assert api.call("GetDeployment", **ids, embed=["apisummary"])["apiSummary"] == {
        "/": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}
    }
    changed = api.call("UpdateDeployment", **ids, patchOperations=patch("replace", "/description", "e"))
    assert changed["description"] == "e"
    assert api.call("GetDeployments")["items"] == [changed]
    api.call("DeleteDeployment", **ids)
    with pytest.raises(NotFoundException, match="Invalid Deployment identifier specified"):
        api.call("GetDeployment", **ids)


def test_deployment_in_use_stays(api: Api) -> None:
    first = api.call("CreateDeployment", stageName="s1")["id"]
    text = "Active stages pointing to this deployment must be moved or deleted"
    with pytest.raises(BadRequestException, match=text):
        api.call("DeleteDeployment", deploymentId=first)
    second = api.call("CreateDeployment", stageName="s1")["id"]
    api.call("DeleteDeployment", deploymentId=first)
    assert [stage["deploymentId"] for stage in api.call("GetStages")["item"]] == [second]


def test_new_stage(api: Api) -> None:
    deployment = api.call("CreateDeployment")["id"]
    stage = api.call("CreateStage", stageName="s1", deploymentId=deployment, description="my stage")
    assert stage.pop("createdDate") == stage.pop("lastUpdatedDate")
    assert stage == {
        "stageName": "s1",
        "deploymentId": deployment,
        "description": "my stage",
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
    }
    with pytest.raises(ConflictException, match="Stage already exists"):
        api.call("CreateStage", stageName="s1", deploymentId=deployment)


def test_stages_of_a_deployment(api: Api) -> None:
    first = api.call("CreateDeployment", stageName="s1")["id"]
    api.call("CreateDeployment", stageName="s2")
    assert [stage["stageName"] for stage in api.call("GetStages", deploymentId=first)["item"]] == ["s1"]


def test_redeploying_keeps_the_stages_settings(api: Api) -> None:
    """CreateDeployment with an existing stage moves it and leaves its variables."""
    api.deploy("s1", variables={"a": "1"})
    api.deploy("s1", stageDescription="new")
    stage = api.call("GetStage", stageName="s1")
    assert (stage["variables"], stage["description"]) == ({"a": "1"}, "new")


@pytest.mark.parametrize("name", ["a b", "$default", "x" * 129])
def test_invalid_stage_names(api: Api, name: str) -> None:
    with pytest.raises(BadRequestException):
        api.deploy(name)


def test_missing_stage_and_deployment(api: Api) -> None:
    with pytest.raises(NotFoundException, match="Invalid stage identifier specified"):
        api.call("GetStage", stageName="none")
    with pytest.raises(BadRequestException):
        api.call("CreateStage", stageName="s", deploymentId="none")
    api.deploy("s1")
    with pytest.raises(BadRequestException):
        api.call("UpdateStage", stageName="s1", patchOperations=patch("replace", "/deploymentId", "none"))


def test_stage_variables_by_patch(api: Api) -> None:
    api.deploy("s1")
    operations = [*patch("add", "/variables/a", "1"), *patch("replace", "/variables/b", "2")]
    assert api.call("UpdateStage", stageName="s1", patchOperations=operations)["variables"] == {"a": "1", "b": "2"}
    changed = api.call("UpdateStage", stageName="s1", patchOperations=patch("remove", "/variables/a"))
    assert changed["variables"] == {"b": "2"}


@pytest.mark.parametrize("variables", [{"a-b": "1"}, {"a": "sp ace"}, {"a": "quo'te"}])
def test_invalid_stage_variables(api: Api, variables: dict[str, str]) -> None:
    """Section 1.7: names are alphanumeric with `_`, values have a restricted alphabet."""
    with pytest.raises(BadRequestException):
        api.deploy(variables=variables)


@pytest.mark.parametrize("path", ["/documentation_version", "/tags/tag1"])
def test_unknown_path_lists_what_there_is(api: Api, path: str) -> None:
    api.deploy("s1")
    text = f"Invalid method setting path: {path}. Must be one of: .*/variables/.variable_name., /tracingEnabled"
    with pytest.raises(BadRequestException, match=text):
        api.call("UpdateStage", stageName="s1", patchOperations=patch("replace", path, "x"))


def test_removing_settings_that_are_not_there(api: Api) -> None:
    api.deploy("s1")
    text = r"Cannot remove method setting \*/\* because there is no method setting for this method "
    with pytest.raises(BadRequestException, match=text):
        api.call("UpdateStage", stageName="s1", patchOperations=patch("remove", "/*/*"))


def test_delete_stage(api: Api) -> None:
    api.deploy("s1")
    api.call("DeleteStage", stageName="s1")
    assert api.call("GetStages") == {"item": []}


def test_cache_and_tracing_are_kept(api: Api) -> None:
    """They are shown as they were set; nothing is cached or traced (docs/fidelity.md)."""
    api.deploy("s1")
    operations = [*patch("replace", "/cacheClusterEnabled", "true"), *patch("replace", "/*/*/caching/enabled", "true")]
    stage = api.call(
        "UpdateStage", stageName="s1", patchOperations=[*operations, *patch("replace", "/tracingEnabled", "true")]
    )
    assert (stage["cacheClusterEnabled"], stage["cacheClusterStatus"]) == (True, "AVAILABLE")
    assert (stage["cacheClusterSize"], stage["tracingEnabled"]) == ("0.5", True)
    assert stage["methodSettings"]["*/*"]["cachingEnabled"] is True
    api.call("FlushStageCache", stageName="s1")


def test_settings_that_stay_off_pass(api: Api) -> None:
    """Terraform writes the defaults out."""
    api.deploy("s1")
    operations = [*patch("replace", "/tracingEnabled", "false"), *patch("replace", "/*/*/logging/loglevel", "OFF")]
    assert api.call("UpdateStage", stageName="s1", patchOperations=operations)["tracingEnabled"] is False
