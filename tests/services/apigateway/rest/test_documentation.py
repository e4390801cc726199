"""Documentation parts and versions. AG `api-gateway-documenting-api.html`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.engine.errors import ServiceError
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway

EXTENSION = "x-amazon-apigateway-documentation"


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def api(gateway: Gateway) -> Api:
    api = gateway.api()
    api.mock("GET", "/a")
    return api


def part(api: Api, properties: str = '{"description": "d"}', **location: str) -> Any:
    return api.call("CreateDocumentationPart", location=location, properties=properties)


def definition(*parts: dict[str, Any]) -> bytes:
    path: dict[str, Any] = {"/a": {"get": {"responses": {}}}}
    documentation = {"version": "1", "documentationParts": list(parts)}
    return json.dumps(
        {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": path, EXTENSION: documentation}
    ).encode()


def locations(api: Api, **query: str) -> list[dict[str, str]]:
    return [item["location"] for item in api.call("GetDocumentationParts", **query)["items"]]


def test_life_of_a_part(api: Api) -> None:
    made = part(api, type="API")
    where = {"documentationPartId": made["id"]}
    assert made["location"] == {"type": "API"}
    operations = [{"op": "replace", "path": "/properties", "value": '{"description": "other"}'}]
    changed = api.call("UpdateDocumentationPart", **where, patchOperations=operations)
    assert json.loads(changed["properties"]) == {"description": "other"}
    assert api.call("GetDocumentationPart", **where) == changed
    api.call("DeleteDocumentationPart", **where)
    for operation in ("GetDocumentationPart", "DeleteDocumentationPart"):
        with pytest.raises(NotFoundException, match="Invalid Documentation part identifier specified"):
            api.call(operation, **where)


def test_a_location_is_whole(api: Api) -> None:
    """Path, method and status code are any where they are not given, so that nothing is documented twice."""
    assert part(api, type="RESPONSE", path="/a")["location"] == {
        "type": "RESPONSE",
        "path": "/a",
        "method": "*",
        "statusCode": "*",
    }
    with pytest.raises(
        ConflictException, match="already exists for the specified location: type 'RESPONSE', path '/a'"
    ):
        part(api, type="RESPONSE", path="/a", method="*")


@pytest.mark.parametrize(
    ("location", "properties"),
    [
        ({"type": "API"}, "text"),
        ({"type": "API"}, "[]"),
        ({"type": "API", "path": "/"}, "{}"),
        ({"type": "MODEL"}, "{}"),
        ({"type": "QUERY_PARAMETER", "path": "/a"}, "{}"),
        ({"type": "RESOURCE", "statusCode": "200"}, "{}"),
    ],
)
def test_invalid_parts(api: Api, location: dict[str, str], properties: str) -> None:
    with pytest.raises(BadRequestException):
        part(api, properties, **location)


@pytest.mark.parametrize(("op", "path"), [("add", "/properties"), ("replace", "/location"), ("replace", "/id")])
def test_only_properties_change(api: Api, op: str, path: str) -> None:
    where = {"documentationPartId": part(api, type="API")["id"]}
    with pytest.raises(BadRequestException, match=f"Invalid patch path  '{path}' specified for op '{op}'"):
        api.call("UpdateDocumentationPart", **where, patchOperations=[{"op": op, "path": path, "value": "{}"}])


def test_parts_are_found_by_their_locations(api: Api) -> None:
    part(api, type="API")
    part(api, type="MODEL", name="Pet")
    part(api, type="METHOD", path="/a")
    assert len(locations(api)) == 3
    assert locations(api, type="API") == [{"type": "API"}]
    assert locations(api, path="/a") == [{"type": "METHOD", "path": "/a", "method": "*"}]
    assert locations(api, nameQuery="Pe") == [{"type": "MODEL", "name": "Pet"}]
    with pytest.raises(ServiceError, match="UNDOCUMENTED"):
        locations(api, locationStatus="UNDOCUMENTED")


def test_parts_are_imported(api: Api) -> None:
    part(api, type="API")
    part(api, type="RESOURCE")
    body = definition({"location": {"type": "API"}, "properties": {"description": "new"}})
    answer = api.call("ImportDocumentationParts", mode="merge", body=body)
    assert len(answer["ids"]) == 1
    assert locations(api) == [{"type": "API"}, {"type": "RESOURCE", "path": "/"}]
    api.call("ImportDocumentationParts", mode="overwrite", body=body)
    [only] = api.call("GetDocumentationParts")["items"]
    assert json.loads(only["properties"]) == {"description": "new"}


def test_definitions_bring_parts_along(gateway: Gateway, api: Api) -> None:
    body = definition({"location": {"type": "API"}, "properties": {"description": "d"}})
    api.call("PutRestApi", mode="overwrite", body=body)
    assert locations(api) == [{"type": "API"}]
    imported = gateway.call("ImportRestApi", body=body)
    assert len(gateway.call("GetDocumentationParts", restApiId=imported["id"])["items"]) == 1
    broken = definition({"location": {"type": "PLANET"}, "properties": {}})
    with pytest.raises(BadRequestException):
        api.call("PutRestApi", mode="overwrite", body=broken)
    assert locations(api) == [{"type": "API"}]


def test_a_version_keeps_parts_and_is_exported(api: Api) -> None:
    made = part(api, type="API")
    api.deploy()
    version = api.call("CreateDocumentationVersion", documentationVersion="v1", stageName="prod", description="first")
    assert (version["version"], version["description"]) == ("v1", "first")
    api.call("DeleteDocumentationPart", documentationPartId=made["id"])
    assert api.call("GetStage", stageName="prod")["documentationVersion"] == "v1"
    exported = json.loads(
        api.call("GetExport", stageName="prod", exportType="oas30", parameters={"extensions": "documentation"})["body"]
    )
    assert exported[EXTENSION]["version"] == "v1"
    assert exported[EXTENSION]["documentationParts"] == [
        {"location": {"type": "API"}, "properties": {"description": "d"}}
    ]
    plain = api.call("GetExport", stageName="prod", exportType="oas30")["body"]
    assert EXTENSION not in json.loads(plain)


def test_life_of_a_version(api: Api) -> None:
    where = {"documentationVersion": "v1"}
    api.call("CreateDocumentationVersion", **where)
    with pytest.raises(ConflictException):
        api.call("CreateDocumentationVersion", **where)
    operations = [{"op": "replace", "path": "/description", "value": "d"}]
    changed = api.call("UpdateDocumentationVersion", **where, patchOperations=operations)
    assert api.call("GetDocumentationVersion", **where) == changed
    assert api.call("GetDocumentationVersions")["items"] == [changed]
    api.deploy()
    move = [{"op": "replace", "path": "/documentationVersion", "value": "v1"}]
    assert api.call("UpdateStage", stageName="prod", patchOperations=move)["documentationVersion"] == "v1"
    api.call("DeleteDocumentationVersion", **where)
    for operation in ("GetDocumentationVersion", "DeleteDocumentationVersion"):
        with pytest.raises(NotFoundException):
            api.call(operation, **where)


def test_deleting_from_a_missing_api(api: Api) -> None:
    """Recorded from AWS in LocalStack's test snapshots: here alone the API is what is missing, not the part."""
    part_id = part(api, type="API")["id"]
    for operation, text in (("Get", "Documentation part"), ("Delete", "API")):
        with pytest.raises(NotFoundException, match=f"^Invalid {text} identifier specified"):
            api.gateway.call(f"{operation}DocumentationPart", restApiId="none", documentationPartId=part_id)
