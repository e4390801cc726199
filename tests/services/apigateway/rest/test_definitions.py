"""ImportRestApi and PutRestApi: AG `api-gateway-import-api.html`, `api-gateway-swagger-extensions.html`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException
from tests.services.apigateway.rest.fakes import Api, Gateway, invocation_uri, said

PROXY = {"type": "aws_proxy", "httpMethod": "POST", "uri": invocation_uri(), "passthroughBehavior": "when_no_match"}
PREFLIGHT = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {
        "default": {
            "statusCode": "200",
            "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
        }
    },
}
PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}

OPENAPI: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "pets", "version": "7", "description": "d"},
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
    "x-amazon-apigateway-gateway-responses": {
        "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.X-G": "'4'"}}
    },
    "paths": {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True}],
            "post": {
                "operationId": "savePet",
                "parameters": [{"name": "dry", "in": "query", "required": True}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                "responses": {"200": {"description": "ok"}, "default": {"description": "else"}},
                "security": [{"token": []}],
                "x-amazon-apigateway-request-validator": "all",
                "x-amazon-apigateway-integration": PROXY,
            },
            "options": {
                "responses": {"200": {"headers": {"Access-Control-Allow-Origin": {"schema": {"type": "string"}}}}},
                "x-amazon-apigateway-integration": PREFLIGHT,
            },
        },
        "/{proxy+}": {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": PROXY}},
    },
    "components": {
        "schemas": {"Pet": PET, "Pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}},
        "securitySchemes": {
            "token": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": invocation_uri("arn:auth")},
            }
        },
    },
}

SWAGGER = """
swagger: "2.0"
info: {title: pets, version: 2020-01-01}
securityDefinitions:
  key: {type: apiKey, name: x-api-key, in: header}
  iam: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
paths:
  /:
    get:
      security: [{key: []}]
      parameters: [{in: body, name: b, schema: {$ref: "#/definitions/Pet"}}]
      responses: {200: {description: ok, schema: {$ref: "#/definitions/Pet"}}}
      x-amazon-apigateway-integration: {type: MOCK}
    delete:
      security: [{iam: []}]
      x-amazon-apigateway-integration: {type: MOCK}
definitions:
  Pet: {type: object}
"""


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def imported(gateway: Gateway, definition: Any) -> Api:
    body = definition if isinstance(definition, str) else json.dumps(definition)
    return Api(gateway, gateway.call("ImportRestApi", body=body.encode()))


def method(api: Api, path: str, http_method: str) -> Any:
    return api.call("GetMethod", resourceId=api.resource(path), httpMethod=http_method)


async def test_imported_api_works(gateway: Gateway) -> None:
    """Validation, authorization, models, gateway responses and both kinds of integration from one definition."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    gateway.invoker.outputs["arn:auth"] = {"principalId": "p", "policyDocument": {"Statement": statement}}
    api = imported(gateway, OPENAPI).deploy()
    headers = {"Authorization": "t"}
    assert (await api.send("POST", "/prod/pets/7")).status == 401
    response = await api.send("POST", "/prod/pets/7", headers=headers)
    assert said(response) == (400, {"message": "Missing required request parameters: [dry]"})
    assert response.headers["X-G"] == "4"
    response = await api.send("POST", "/prod/pets/7", query="dry=1", headers=headers, body=b"{}")
    assert said(response) == (400, {"message": "Invalid request body"})
    response = await api.send("POST", "/prod/pets/7", query="dry=1", headers=headers, body=b'{"name": "x"}')
    assert response.status == 200
    assert (await api.send("OPTIONS", "/prod/pets/7")).headers["Access-Control-Allow-Origin"] == "*"
    assert (await api.send("PUT", "/prod/any/thing")).status == 200


def test_imported_api_looks_like_its_definition(gateway: Gateway) -> None:
    api = imported(gateway, OPENAPI)
    document = api.call("GetRestApi")
    assert (document["name"], document["version"], document["description"]) == ("pets", "7", "d")
    assert document["binaryMediaTypes"] == ["image/png"]
    post = method(api, "/pets/{id}", "POST")
    assert post["operationName"] == "savePet"
    assert post["requestParameters"] == {"method.request.path.id": True, "method.request.querystring.dry": True}
    assert (post["requestModels"], post["authorizationType"]) == ({"application/json": "Pet"}, "CUSTOM")
    assert list(post["methodResponses"]) == ["200"]
    reference = json.loads(api.call("GetModel", modelName="Pets")["schema"])["items"]["$ref"]
    assert reference == f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Pet"


def test_swagger_2_in_yaml(gateway: Gateway) -> None:
    api = imported(gateway, SWAGGER)
    get = method(api, "/", "GET")
    assert (get["apiKeyRequired"], get["authorizationType"]) == (True, "NONE")
    assert get["requestModels"] == {"application/json": "Pet"}
    assert get["methodResponses"]["200"]["responseModels"] == {"application/json": "Pet"}
    assert method(api, "/", "DELETE")["authorizationType"] == "AWS_IAM"


def one_path(path: str, http_method: str = "get") -> dict[str, Any]:
    operation = {"x-amazon-apigateway-integration": PROXY}
    return {"openapi": "3.0.1", "info": {"title": "new"}, "paths": {path: {http_method: operation}}}


def paths(api: Api) -> list[str]:
    return [item["path"] for item in api.call("GetResources")["items"]]


def test_merge_adds(gateway: Gateway) -> None:
    api = imported(gateway, one_path("/a"))
    api.call("PutRestApi", mode="merge", body=json.dumps(one_path("/b")).encode())
    api.call("PutRestApi", mode="merge", body=json.dumps(one_path("/a", "post")).encode())
    assert paths(api) == ["/", "/a", "/b"]
    [_, a, _] = api.call("GetResources")["items"]
    assert set(a["resourceMethods"]) == {"GET", "POST"}


def test_overwrite_replaces(gateway: Gateway) -> None:
    api = imported(gateway, OPENAPI)
    root = api.root
    answer = api.call("PutRestApi", mode="overwrite", body=json.dumps(one_path("/b")).encode())
    assert (answer["id"], answer["name"], answer["rootResourceId"]) == (api.id, "new", root)
    assert paths(api) == ["/", "/b"]
    assert [model["name"] for model in api.call("GetModels")["items"]] == ["Empty", "Error"]


async def test_stages_serve_what_they_did_until_deployed(gateway: Gateway) -> None:
    api = imported(gateway, one_path("/a")).deploy()
    api.call("PutRestApi", mode="overwrite", body=json.dumps(one_path("/b")).encode())
    assert (await api.send("GET", "/prod/a")).status == 200
    assert (await api.deploy().send("GET", "/prod/a")).status == 403


@pytest.mark.parametrize("body", [b"", b"text", b"{]", b'{"info": {}}', b'{"swagger": "1.2"}'])
def test_what_is_no_definition(gateway: Gateway, body: bytes) -> None:
    """Recorded on AWS for documentation parts."""
    with pytest.raises(BadRequestException, match="Unable to build importer with provided input"):
        gateway.call("ImportRestApi", body=body)


def test_broken_definition_changes_nothing(gateway: Gateway) -> None:
    api = imported(gateway, one_path("/a"))
    broken = one_path("/b") | {"definitions": {"bad name": {}}}
    malformed = one_path("/b") | {"paths": {"/c": {"get": "text"}}}
    for definition in (broken, malformed):
        with pytest.raises(BadRequestException):
            api.call("PutRestApi", mode="overwrite", body=json.dumps(definition).encode())
        with pytest.raises(BadRequestException):
            gateway.call("ImportRestApi", body=json.dumps(definition).encode())
    assert paths(api) == ["/", "/a"]
    assert len(gateway.call("GetRestApis")["items"]) == 1


def test_a_compression_size_comes_with_a_definition(gateway: Gateway) -> None:
    extension = "x-amazon-apigateway-minimum-compression-size"
    api = imported(gateway, one_path("/a") | {extension: 0})
    assert api.call("GetRestApi")["minimumCompressionSize"] == 0
    with pytest.raises(BadRequestException, match="Invalid minimum compression size"):
        api.call("PutRestApi", body=json.dumps(one_path("/a") | {extension: -1}).encode())


def test_import_shows_no_tags_and_makes_the_definitions_models_only(gateway: Gateway) -> None:
    """Recorded from AWS in LocalStack's test snapshots; a schema's description is the model's."""
    schema = {"type": "object", "description": "an animal"}
    definition = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "definitions": {"Pet": schema}, "paths": {}}
    document = gateway.call("ImportRestApi", body=json.dumps(definition).encode())
    assert "tags" not in document
    models = gateway.call("GetModels", restApiId=document["id"])["items"]
    assert [(model["name"], model["description"]) for model in models] == [("Pet", "an animal")]


def test_authorizers_type_is_the_schemes(gateway: Gateway) -> None:
    """Recorded from AWS in LocalStack's test snapshots: `authType` as the definition has it."""
    scheme = {
        **OPENAPI["components"]["securitySchemes"]["token"],
        "x-amazon-apigateway-authtype": "Custom scheme with corporate claims",
    }
    definition = {**OPENAPI, "components": {**OPENAPI["components"], "securitySchemes": {"token": scheme}}}
    (authorizer,) = imported(gateway, definition).call("GetAuthorizers")["items"]
    assert authorizer["authType"] == "Custom scheme with corporate claims"


def test_errors_are_told_together(gateway: Gateway) -> None:
    """Worded as AWS told them (aws-amplify/amplify-category-api#345, terra-money/fcd-classic#36)."""
    pool = {"type": "cognito_user_pools", "providerARNs": ["arn:x"]}
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": pool}
    back_end = {"type": "HTTP", "httpMethod": "GET", "uri": "nowhere"}
    definition = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "definitions": {"_": {"type": "object"}},
        "securityDefinitions": {"Cognito": scheme},
        "paths": {
            "/a": {"x-amazon-apigateway-any-method": {"security": [{"Cognito": []}]}},
            "/b": {"get": {"x-amazon-apigateway-integration": back_end}},
        },
    }
    with pytest.raises(BadRequestException) as refused:
        imported(gateway, definition)
    assert refused.value.message.split("\n\t") == [
        "Errors found during import:",
        "Unable to create model for '_': Model name must be alphanumeric: _",
        "Unable to create authorizer 'Cognito': ProviderARNs need to be valid Cognito Userpools. Invalid ARNs-\narn:x",
        "Unable to put method 'x-amazon-apigateway-any-method' on resource at path '/a': Invalid authorizer ID "
        "specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
        "Unable to put integration on 'GET' for resource at path '/b': Invalid HTTP endpoint specified for URI",
    ]


def test_mapped_headers_must_be_declared(gateway: Gateway) -> None:
    """Told by AWS in amazon-archives/aws-apigateway-importer#209."""
    response = {"statusCode": "200", "responseParameters": {"method.response.header.Location": "'x'"}}
    integration = {"type": "MOCK", "responses": {"default": response}}
    operation = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}
    definition = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": operation}}}
    told = (
        "Unable to put integration response on 'POST' for resource at path '/a': Invalid mapping expression specified"
    )
    with pytest.raises(BadRequestException, match=told):
        imported(gateway, definition)


def test_models_in_use_are_updated(gateway: Gateway) -> None:
    """A merge replaces the schema of a model that methods have."""
    api = imported(gateway, OPENAPI)
    schema = {"type": "object", "description": "new"}
    definition = {**OPENAPI, "components": {"schemas": {"Pet": schema}}, "paths": {}}
    api.call("PutRestApi", mode="merge", body=json.dumps(definition).encode())
    assert api.call("GetModel", modelName="Pet")["description"] == "new"
