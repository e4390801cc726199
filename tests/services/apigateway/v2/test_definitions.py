"""HTTP APIs from OpenAPI definitions, and as such (AG `http-api-open-api.html`, `http-api-export.html`)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from botocore.exceptions import ClientError

from tests.services.apigateway.harness import INVOCATION_URI, Harness
from tests.services.apigateway.http_api.fakes import HttpApi, said

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:pets"
PROXY = {"type": "aws_proxy", "uri": FUNCTION, "httpMethod": "POST", "payloadFormatVersion": 2.0}
INTEGRATED = {"x-amazon-apigateway-integration": PROXY}
PETS: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "Pets", "description": "All of them", "version": "2"},
    "tags": [{"name": "team", "x-amazon-apigateway-tag-value": "zoo"}],
    "paths": {
        "/pets/{id}": {
            "get": {
                "operationId": "Get Pet",
                "security": [{"jwt": ["read"]}],
                "x-amazon-apigateway-integration": {"$ref": "#/components/x-amazon-apigateway-integrations/pets"},
            }
        },
        "/any": {
            "x-amazon-apigateway-any-method": {
                "security": [{"custom": []}],
                "x-amazon-apigateway-integration": {
                    "type": "HTTP_PROXY",
                    "uri": "https://a.example/{proxy}",
                    "httpMethod": "x-amazon-apigateway-any-method",
                    "payloadFormatVersion": "1.0",
                    "responseParameters": {"500": {"overwrite:statuscode": "404"}},
                },
            }
        },
        "/signed": {
            "post": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}, "x-amazon-apigateway-integration": PROXY}
        },
        "/$default": {
            "x-amazon-apigateway-any-method": {"isDefaultRoute": True, "x-amazon-apigateway-integration": PROXY}
        },
    },
    "components": {
        "securitySchemes": {
            "jwt": {
                "type": "oauth2",
                "x-amazon-apigateway-authorizer": {
                    "type": "jwt",
                    "identitySource": "$request.header.Authorization",
                    "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["client"]},
                },
            },
            "custom": {
                "type": "apiKey",
                "name": "Unused",
                "in": "header",
                "x-amazon-apigateway-authorizer": {
                    "type": "request",
                    "identitySource": "$request.header.A, $request.querystring.b",
                    "authorizerUri": INVOCATION_URI.format(FUNCTION),
                    "authorizerPayloadFormatVersion": "2.0",
                    "authorizerResultTtlInSeconds": 60,
                    "enableSimpleResponses": True,
                },
            },
        },
        "x-amazon-apigateway-integrations": {"pets": PROXY},
    },
    "x-amazon-apigateway-cors": {"allowOrigins": ["https://a.example"], "maxAge": 5},
}


async def imported(harness: Harness, definition: Any = PETS, **members: Any) -> HttpApi:
    made = await harness.control("ImportApi", Body=json.dumps(definition), **members)
    return HttpApi(harness, made["ApiId"])


async def routes(api: HttpApi) -> dict[str, Any]:
    return {route["RouteKey"]: route for route in (await api.control("GetRoutes"))["Items"]}


async def test_import(harness: Harness) -> None:
    api = await imported(harness)
    document = await api.control("GetApi")
    assert (document["Name"], document["Description"], document["Version"]) == ("Pets", "All of them", "2")
    assert document["CorsConfiguration"] == {"AllowOrigins": ["https://a.example"], "MaxAge": 5}
    assert document["Tags"] == {"team": "zoo"}
    found = await routes(api)
    assert set(found) == {"GET /pets/{id}", "ANY /any", "POST /signed", "$default"}
    pet = found["GET /pets/{id}"]
    assert (pet["OperationName"], pet["AuthorizationType"]) == ("Get Pet", "JWT")
    assert pet["AuthorizationScopes"] == ["read"]
    assert found["ANY /any"]["AuthorizationType"] == "CUSTOM"
    assert found["POST /signed"]["AuthorizationType"] == "AWS_IAM"
    integration_id = found["ANY /any"]["Target"].removeprefix("integrations/")
    integration = await api.control("GetIntegration", IntegrationId=integration_id)
    assert (integration["IntegrationMethod"], integration["IntegrationType"]) == ("ANY", "HTTP_PROXY")
    assert integration["ResponseParameters"] == {"500": {"overwrite:statuscode": "404"}}
    authorizers = {item["Name"]: item for item in (await api.control("GetAuthorizers"))["Items"]}
    assert authorizers["custom"]["IdentitySource"] == ["$request.header.A", "$request.querystring.b"]
    assert authorizers["jwt"]["JwtConfiguration"] == {"Issuer": "https://issuer.example", "Audience": ["client"]}


async def test_imported_api_serves(harness: Harness) -> None:
    """YAML is as good as JSON; it needs a stage, as on AWS."""
    harness.invoker.functions[FUNCTION] = said("pets")
    made = await harness.control("ImportApi", Body=yaml.safe_dump(PETS))
    api = HttpApi(harness, made["ApiId"])
    assert (await api.call("GET", "/anything")).status == 404
    await api.control("CreateStage", StageName="$default", AutoDeploy=True)
    assert (await api.call("GET", "/anything")).body == b"pets"


async def test_unknown_cors_settings(harness: Harness) -> None:
    """What is none is no configuration (Terraform's own tests write `allow_methods`)."""
    api = await imported(harness, PETS | {"x-amazon-apigateway-cors": {"allow_methods": ["delete"]}})
    assert "CorsConfiguration" not in await api.control("GetApi")


async def test_reimport(harness: Harness) -> None:
    """Routes are replaced and served at once; id, endpoint and stages stay."""
    harness.invoker.functions[FUNCTION] = said("pets")
    api = await imported(harness)
    before = await api.control("GetApi")
    await api.control("CreateStage", StageName="$default", AutoDeploy=True)
    definition = PETS | {
        "info": {"title": "Other"},
        "paths": {"/new": {"get": {"x-amazon-apigateway-integration": PROXY}}},
    }
    after = await api.control("ReimportApi", Body=json.dumps(definition))
    assert (after["Name"], after["ApiId"], after["ApiEndpoint"]) == ("Other", api.id, before["ApiEndpoint"])
    assert set(await routes(api)) == {"GET /new"}
    assert (await api.call("GET", "/new")).body == b"pets"
    assert (await api.call("GET", "/anything")).status == 404


@pytest.mark.parametrize(
    ("definition", "word"),
    [
        ({"swagger": "2.0", "info": {"title": "t"}, "paths": {}}, "OpenAPI 3"),
        ({"openapi": "3.0.1", "info": {}, "paths": {}}, "Name"),
        ({"openapi": "3.0.1", "info": {"title": "t"}, "paths": {"/a": 5}}, "Invalid OpenAPI input"),
        (PETS | {"paths": {"/a": {"get": {"security": [{"jwt": []}, {"custom": []}]}}}}, "Multiple security"),
    ],
)
async def test_bad_definitions(harness: Harness, definition: Any, word: str) -> None:
    """BadRequestException; nothing is made of a part."""
    with pytest.raises(ClientError, match=word):
        await imported(harness, definition)
    assert (await harness.control("GetApis"))["Items"] == []


async def test_bad_reimport_changes_nothing(harness: Harness) -> None:
    api = await imported(harness)
    with pytest.raises(ClientError, match="Warnings found during import:\n\tUnable to put method 'GET'"):
        await api.control("ReimportApi", Body=json.dumps(PETS | {"paths": {"/a{": {"get": {}}}}), FailOnWarnings=True)
    assert len(await routes(api)) == 4


async def test_warnings(harness: Harness) -> None:
    """What HTTP APIs have not is skipped with a warning, or refused."""
    mock = {"/a": {"get": {"x-amazon-apigateway-integration": {"type": "MOCK"}}}}
    made = await harness.control("ImportApi", Body=json.dumps(PETS | {"paths": mock}))
    assert "MOCK" in made["Warnings"][0]
    with pytest.raises(ClientError, match="Warnings found"):
        await imported(harness, PETS | {"paths": mock}, FailOnWarnings=True)


@pytest.mark.parametrize(("basepath", "key"), [("ignore", "GET /e"), ("prepend", "GET /a/b/e"), ("split", "GET /b/e")])
async def test_basepath(harness: Harness, basepath: str, key: str) -> None:
    """AG `api-gateway-import-api-basePath.html`."""
    servers = [{"url": "https://x.example/{basePath}", "variables": {"basePath": {"default": "/a/b"}}}]
    definition = PETS | {"servers": servers, "paths": {"/e": {"get": INTEGRATED}}}
    assert set(await routes(await imported(harness, definition, Basepath=basepath))) == {key}


async def exported(api: HttpApi, **members: Any) -> Any:
    made = await api.control("ExportApi", Specification="OAS30", **{"OutputType": "JSON", **members})
    body = made["body"]
    return json.loads(body) if members.get("OutputType") != "YAML" else yaml.safe_load(body)


async def test_export_and_import_again(harness: Harness) -> None:
    """What is exported makes the same API."""
    api = await imported(harness)
    definition = await exported(api)
    assert definition["openapi"] == "3.0.1"
    assert definition["paths"]["/pets/{id}"]["get"]["parameters"][0]["name"] == "id"
    again = await imported(harness, definition)
    members = ("RouteKey", "AuthorizationType", "AuthorizationScopes", "OperationName")
    first, second = [
        {key: {name: route.get(name) for name in members} for key, route in (await routes(one)).items()}
        for one in (api, again)
    ]
    assert first == second
    assert await exported(again) | {"servers": None} == definition | {"servers": None}


async def test_export_of_a_stage(harness: Harness) -> None:
    """What is deployed there; YAML; without extensions only what OpenAPI itself has."""
    api = await imported(harness)
    await api.control("CreateStage", StageName="prod", AutoDeploy=True)
    definition = await exported(api, OutputType="YAML", StageName="prod", IncludeExtensions=False)
    assert definition["servers"][0]["variables"]["basePath"]["default"] == "prod"
    for extension in ("x-amazon-apigateway-integration", "x-amazon-apigateway-authorizer", "x-amazon-apigateway-cors"):
        assert extension not in json.dumps(definition)
    with pytest.raises(ClientError, match="NotFoundException"):
        await exported(api, StageName="none")


async def test_what_is_refused_is_left_out_with_a_warning(harness: Harness) -> None:
    """Told by AWS in aws/aws-sam-cli#2410: an authorizer without an issuer, and the routes that ask it."""
    extension = {"type": "jwt", "identitySource": "$request.header.Authorization", "jwtConfiguration": {}}
    scheme = {"type": "oauth2", "x-amazon-apigateway-authorizer": extension}
    definition = PETS | {
        "components": {"securitySchemes": {"A": scheme}},
        "paths": {"/in": {"post": {"security": [{"A": []}]}}, "/open": {"get": INTEGRATED}},
    }
    made = await harness.control("ImportApi", Body=json.dumps(definition))
    assert made["Warnings"] == [
        "Unable to create Authorizer 'A': Invalid issuer: Issuer can not be empty for JWT Authorizer.. Ignoring.",
        "Unable to put method 'POST' on resource at path '/in': Invalid authorizer definition. "
        "Setting the authorization type to JWT requires a valid authorizer. Ignoring.",
    ]
    (route,) = (await harness.control("GetRoutes", ApiId=made["ApiId"]))["Items"]
    assert (route["RouteKey"], route["Target"].partition("/")[0]) == ("GET /open", "integrations")
