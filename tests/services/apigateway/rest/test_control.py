"""Control plane of REST APIs. Texts and answers are those recorded on AWS in LocalStack's snapshots, unless marked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.messages import Caller, Request
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import OperationTable
from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from tests.services.apigateway.rest.fakes import Gateway


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def patch(op: str, path: str, value: str | None = None) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


def test_defaults_of_a_new_api(gateway: Gateway) -> None:
    """An edge API with a root resource, no tags member, version 10-character id."""
    created = gateway.call("CreateRestApi", name="a")
    assert created | {"id": "", "createdDate": "", "rootResourceId": ""} == {
        "id": "",
        "name": "a",
        "createdDate": "",
        "rootResourceId": "",
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
    }
    assert len(created["id"]) == 10


def test_read_has_tags_where_the_list_has_not(gateway: Gateway) -> None:
    api = gateway.api()
    assert api.call("GetRestApi")["tags"] == {}
    assert "tags" not in gateway.call("GetRestApis")["items"][0]


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"description": ""}, "Description cannot be an empty string"),
        ({"minimumCompressionSize": -1}, "Invalid minimum compression size, must be between 0 and 10485760"),
        (
            {"endpointConfiguration": {"types": []}},
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        (
            {"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}},
            "Cannot create an api with multiple Endpoint Types.",
        ),
    ],
)
def test_invalid_new_api(gateway: Gateway, members: dict[str, Any], text: str) -> None:
    with pytest.raises(BadRequestException, match=text):
        gateway.call("CreateRestApi", name="a", **members)


@pytest.mark.parametrize("members", [{"endpointConfiguration": {"types": ["PRIVATE"]}}])
def test_settings_without_effect_are_refused(gateway: Gateway, members: dict[str, Any]) -> None:
    """What is not built is named, never ignored."""
    with pytest.raises(OperationNotImplemented, match="cloudrig does not implement"):
        gateway.call("CreateRestApi", name="a", **members)


async def test_a_clone_has_all_but_deployments(gateway: Gateway) -> None:
    source = gateway.api(description="first", binaryMediaTypes=["image/png"], tags={"a": "1"})
    source.proxy("GET", "/a/{b}")
    source.call("CreateModel", name="Pet", contentType="application/json", schema='{"type": "object"}')
    source.deploy()
    clone = gateway.api(cloneFrom=source.id)
    document = clone.call("GetRestApi")
    assert (document["binaryMediaTypes"], document["tags"], document.get("description")) == (["image/png"], {}, None)
    assert "cloneFrom" not in document
    assert clone.call("GetStages")["item"] == []
    assert clone.call("GetModel", modelName="Pet")["name"] == "Pet"
    resources = clone.call("GetResources")["items"]
    assert [each["path"] for each in resources] == ["/", "/a", "/a/{b}"]
    assert not {each["id"] for each in resources} & {each["id"] for each in source.call("GetResources")["items"]}
    assert document["rootResourceId"] == resources[0]["id"]
    assert (await clone.deploy().send("GET", "/prod/a/x")).status == 200
    clone.call("DeleteResource", resourceId=resources[1]["id"])
    assert (await source.deploy().send("GET", "/prod/a/x")).status == 200


def test_a_clone_of_nothing(gateway: Gateway) -> None:
    with pytest.raises(BadRequestException, match="cloneFrom"):
        gateway.call("CreateRestApi", name="a", cloneFrom="nope")


def test_unknown_api_names_account_and_id(gateway: Gateway) -> None:
    with pytest.raises(NotFoundException, match="Invalid API identifier specified 000000000000:nope"):
        gateway.call("GetRestApi", restApiId="nope")


def test_apis_of_other_accounts_and_regions_are_unknown(gateway: Gateway) -> None:
    api = gateway.api()
    elsewhere = Caller(Scope("111111111111", "eu-west-1"))
    with pytest.raises(NotFoundException):
        gateway.apis.operations["GetRestApi"](elsewhere, {"restApiId": api.id})


def test_patches_of_an_api(gateway: Gateway) -> None:
    """Add, replace and remove members of a list by the path; replace scalars; remove the description."""
    api = gateway.api(description="d")
    changed = api.call(
        "UpdateRestApi",
        patchOperations=[
            patch("add", "/binaryMediaTypes/image~1png"),
            patch("add", "/binaryMediaTypes/image~1jpeg"),
            patch("replace", "/name", "b"),
            patch("remove", "/description"),
        ],
    )
    assert changed["binaryMediaTypes"] == ["image/png", "image/jpeg"]
    assert (changed["name"], "description" in changed) == ("b", False)
    changed = api.call("UpdateRestApi", patchOperations=[patch("replace", "/binaryMediaTypes/image~1png", "image/gif")])
    assert changed["binaryMediaTypes"] == ["image/jpeg", "image/gif"]


def test_refused_patch_changes_nothing(gateway: Gateway) -> None:
    """All operations of a request are applied, or none."""
    api = gateway.api()
    with pytest.raises(BadRequestException, match="Invalid patch path /binaryMediaTypes"):
        api.call("UpdateRestApi", patchOperations=[patch("replace", "/name", "b"), patch("add", "/binaryMediaTypes")])
    assert api.call("GetRestApi")["name"] == "test"


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (patch("add", "/disableExecuteApiEndpoint", "true"), "Invalid patch operation specified. Must be one of"),
        (patch("replace", "/minimumCompressionSize", "x"), "Invalid minimum compression size"),
        (patch("replace", "/endpointConfiguration/ipAddressType", "x"), "ipAddressType must be either ipv4 or"),
        (patch("replace", "/endpointConfiguration/types/EDGE", "x"), "Invalid EndpointTypes specified. Valid options"),
        (patch("test", "/endpointConfiguration/types/EDGE", "x"), "Must be 'add'|'remove'|'replace'"),
        (patch("replace", "/name", ""), "Name cannot be"),
    ],
)
def test_invalid_patches_of_an_api(gateway: Gateway, operation: dict[str, Any], text: str) -> None:
    with pytest.raises(BadRequestException) as refused:
        gateway.api().call("UpdateRestApi", patchOperations=[operation])
    assert text in refused.value.message


def test_endpoint_type_can_be_replaced(gateway: Gateway) -> None:
    operation = patch("replace", "/endpointConfiguration/types/EDGE", "REGIONAL")
    changed = gateway.api().call("UpdateRestApi", patchOperations=[operation])
    assert changed["endpointConfiguration"]["types"] == ["REGIONAL"]


def test_tags_of_apis_and_stages(gateway: Gateway) -> None:
    """ARNs have no account: `arn:aws:apigateway:{region}::/restapis/{id}[/stages/{name}]`."""
    api = gateway.api(tags={"a": "1"})
    api.proxy("GET", "/")
    api.deploy()
    for arn in (
        f"arn:aws:apigateway:us-east-1::/restapis/{api.id}",
        f"arn:aws:apigateway:us-east-1::/restapis/{api.id}/stages/prod",
    ):
        gateway.call("TagResource", resourceArn=arn, tags={"b": "2", "c": "3"})
        gateway.call("UntagResource", resourceArn=arn, tagKeys=["a", "c"])
        assert gateway.call("GetTags", resourceArn=arn) == {"tags": {"b": "2"}}
    assert api.call("GetStage", stageName="prod")["tags"] == {"b": "2"}


def test_tags_of_what_is_not_there(gateway: Gateway) -> None:
    with pytest.raises(NotFoundException):
        gateway.call("GetTags", resourceArn="arn:aws:apigateway:us-east-1::/restapis/nope")
    with pytest.raises(BadRequestException):
        gateway.call("GetTags", resourceArn="arn:aws:s3:::bucket")


def test_account_settings(gateway: Gateway) -> None:
    """Terraform's `aws_api_gateway_account` sets the logging role."""
    assert gateway.call("GetAccount")["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10000.0}
    operation = patch("replace", "/cloudwatchRoleArn", "arn:aws:iam::000000000000:role/logs")
    assert gateway.call("UpdateAccount", patchOperations=[operation])["cloudwatchRoleArn"].endswith("role/logs")


# --- on the wire ----------------------------------------------------------------------------------------------------


async def wire(
    gateway: Gateway, method: str, path: str, body: Any = None, query: str = ""
) -> tuple[int, dict[str, Any]]:
    table = OperationTable("apigateway", gateway.apis.operations)
    operation = table.find(method, path, query)
    assert operation is not None
    content = json.dumps(body).encode() if body is not None else b""
    response = await table.call(operation, Request(method, path, query, CIMultiDictProxy(CIMultiDict()), content))
    return response.status, json.loads(response.body or b"{}")


async def test_statuses_of_the_wire(gateway: Gateway) -> None:
    """Create is 201, delete 202 or 204, as the service model has it; lists are `item` on the wire."""
    status, api = await wire(gateway, "POST", "/restapis", {"name": "a"})
    assert status == 201
    root = f"/restapis/{api['id']}/resources/{api['rootResourceId']}"
    status, child = await wire(gateway, "POST", root, {"pathPart": "x"})
    assert (status, child["path"]) == (201, "/x")
    status, _ = await wire(gateway, "PUT", f"{root}/methods/GET", {"authorizationType": "NONE"})
    assert status == 201
    assert (await wire(gateway, "DELETE", f"{root}/methods/GET"))[0] == 204
    status, listed = await wire(gateway, "GET", f"/restapis/{api['id']}/resources")
    assert (status, [item["path"] for item in listed["item"]]) == (200, ["/", "/x"])
    assert (await wire(gateway, "DELETE", f"/restapis/{api['id']}"))[0] == 202
    assert (await wire(gateway, "GET", f"/restapis/{api['id']}"))[0] == 404


async def test_integration_method_is_httpmethod_on_the_wire(gateway: Gateway) -> None:
    """PutIntegration's body spells `integrationHttpMethod` as `httpMethod`."""
    api = gateway.api()
    api.method("GET", "/")
    path = f"/restapis/{api.id}/resources/{api.root}/methods/GET/integration"
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"
    status, answer = await wire(gateway, "PUT", path, {"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri})
    assert (status, answer["httpMethod"]) == (201, "POST")
