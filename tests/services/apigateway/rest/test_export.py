"""GetExport: AG `api-gateway-export-api.html`. An exported stage, imported again, is the same API."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from tests.services.apigateway.rest.fakes import Api, Gateway
from tests.services.apigateway.rest.test_definitions import OPENAPI, SWAGGER, imported


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def export(api: Api, kind: str = "oas30", extensions: str = "apigateway", accepts: str = "application/json") -> Any:
    answer = api.call(
        "GetExport", stageName="prod", exportType=kind, parameters={"extensions": extensions}, accepts=accepts
    )
    assert answer["contentType"] == "application/octet-stream"
    return answer["body"]


def shape(api: Api) -> Any:
    """Everything of an API that has no id of its own."""
    methods = {}
    for item in api.call("GetResources", embed=["methods"], limit=500)["items"]:
        for name, method in (item["resourceMethods"] or {}).items():
            method["methodIntegration"].pop("cacheNamespace")
            for key in ("authorizerId", "requestValidatorId"):
                method[key] = key in method
            methods[f"{name} {item['path']}"] = method
    text = json.dumps([methods, [model["name"] for model in api.call("GetModels")["items"]]], sort_keys=True)
    return json.loads(text.replace(api.id, "API"))


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
@pytest.mark.parametrize("definition", [OPENAPI, SWAGGER], ids=["openapi", "swagger"])
def test_round_trip(gateway: Gateway, kind: str, definition: Any) -> None:
    api = imported(gateway, definition).deploy()
    again = imported(gateway, export(api, kind).decode())
    assert shape(again) == shape(api)


def test_extensions_only_when_asked_for(gateway: Gateway) -> None:
    api = imported(gateway, OPENAPI).deploy()
    assert "x-amazon-apigateway-integration" not in export(api, extensions="").decode()
    assert "x-amazon-apigateway-authorizer" not in export(api, extensions="integrations").decode()


def test_what_is_exported_is_what_is_deployed(gateway: Gateway) -> None:
    api = imported(gateway, OPENAPI).deploy()
    api.proxy("GET", "/later")
    definition = json.loads(export(api))
    assert "/later" not in definition["paths"]
    assert definition["servers"][0]["variables"]["basePath"]["default"] == "prod"


def test_yaml(gateway: Gateway) -> None:
    api = imported(gateway, OPENAPI).deploy()
    assert yaml.safe_load(export(api, accepts="application/yaml")) == json.loads(export(api))


def test_unknown_stage_and_type(gateway: Gateway) -> None:
    api = imported(gateway, OPENAPI)
    with pytest.raises(NotFoundException, match="Invalid stage identifier specified"):
        export(api)
    with pytest.raises(BadRequestException):
        export(api.deploy(), kind="raml")


def test_export_as_recorded(gateway: Gateway) -> None:
    """What is written of a plain method (recorded from AWS in LocalStack's test snapshots): no defaults."""
    api = gateway.api()
    api.proxy("GET", "/a")
    resource = {"resourceId": api.resource("/a"), "httpMethod": "GET"}
    api.call("PutMethodResponse", **resource, statusCode="200", responseModels={"application/xml": "Empty"})
    api.deploy("prod")
    written = json.loads(export(api))
    assert "x-amazon-apigateway-api-key-source" not in written
    integration = written["paths"]["/a"]["get"]["x-amazon-apigateway-integration"]
    assert not {"timeoutInMillis", "connectionType"} & set(integration)
    swagger = json.loads(export(api, "swagger"))
    assert (swagger["basePath"], swagger["paths"]["/a"]["get"]["produces"]) == ("/prod", ["application/xml"])


def test_components_are_written_though_empty(gateway: Gateway) -> None:
    """Recorded from AWS in LocalStack's test snapshots, as is the content of a response without models."""
    api = gateway.api()
    api.proxy("GET", "/a")
    api.call("PutMethodResponse", resourceId=api.resource("/a"), httpMethod="GET", statusCode="200")
    written = json.loads(export(api.deploy("prod")))
    assert written["components"] == {}
    assert written["paths"]["/a"]["get"]["responses"]["200"]["content"] == {}
