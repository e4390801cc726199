"""OpenAPI definitions (Swagger 2.0 and OpenAPI 3, JSON or YAML) as REST APIs, with API Gateway's extensions.

A definition is turned into calls of the control plane's own operations on an API that nobody sees yet, so that every
rule applies and a definition that breaks one changes nothing. Source: AG `api-gateway-import-api.html`,
`api-gateway-swagger-extensions.html`. Errors are told together, worded as CloudFormation's users were told them by AWS
(aws-amplify/amplify-category-api#345, amazon-archives/aws-apigateway-importer#209, serverless/blog#629).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.openapi import ANY_METHOD, Definition, operations, path_prefix
from cloudrig.services.apigateway.rest.compression import compression_size

_PLACES = {"query": "querystring", "header": "header", "path": "path"}
AUTHORIZER_MEMBERS = (
    "type",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
    "authorizerResultTtlInSeconds",
    "providerARNs",
)


_AUTH_TYPE = "x-amazon-apigateway-authtype"
_COMPRESSION = "x-amazon-apigateway-minimum-compression-size"


class Operations(Protocol):
    """The control plane, bound to one API."""

    def __call__(self, operation: str, **members: Any) -> Members: ...


def api_members(definition: Definition) -> Members:
    """CreateRestApi's members for a definition."""
    info = definition.get("info") or {}
    members: Members = {"name": info.get("title") or "", "description": info.get("description") or None}
    if info.get("version") is not None:
        members["version"] = str(info["version"])
    if definition.get("x-amazon-apigateway-binary-media-types"):
        members["binaryMediaTypes"] = list(definition["x-amazon-apigateway-binary-media-types"])
    if definition.get(_COMPRESSION) is not None:
        members["minimumCompressionSize"] = compression_size(str(definition[_COMPRESSION]))
    if definition.get("x-amazon-apigateway-policy"):
        members["policy"] = json.dumps(definition["x-amazon-apigateway-policy"])
    if definition.get("x-amazon-apigateway-api-key-source"):
        members["apiKeySource"] = definition["x-amazon-apigateway-api-key-source"]
    return {name: value for name, value in members.items() if value is not None}


class Importer:
    """Carries one definition out on one API."""

    def __init__(
        self, definition: Definition, basepath: str | None, api_id: str, root_id: str, call: Operations
    ) -> None:
        self._definition = definition
        self._prefix = path_prefix(definition, basepath)
        self._api_id = api_id
        self._call = call
        self._resources = {"/": root_id}
        self._validators: dict[str, str] = {}
        self._authorizers: dict[str, tuple[str, str]] = {}
        self._errors: list[str] = []

    def run(self) -> None:
        """Raises BadRequestException with all that is wrong; KeyError, TypeError and AttributeError for a malformed
        definition.
        """
        self._add_known_resources()
        self._add_models()
        self._add_validators()
        self._add_authorizers()
        self._add_gateway_responses()
        for path, item in (self._definition.get("paths") or {}).items():
            with self._telling(f"Unable to create resource at path '{path}'"):
                resource_id = self._resource(f"{self._prefix}{path}")
                for http_method, operation in operations(item):
                    self._add_method(resource_id, path, http_method, item, operation)
        if self._errors:
            raise BadRequestException("\n\t".join(["Errors found during import:", *self._errors]))

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Keeps an error for the end, under what failed."""
        try:
            yield
        except (BadRequestException, ConflictException, NotFoundException) as error:
            self._errors.append(f"{what}: {error.message}")

    # what methods refer to

    def _add_known_resources(self) -> None:
        for item in self._call("GetResources", limit=500)["items"]:
            self._resources[item["path"]] = item["id"]

    def _add_models(self) -> None:
        components = self._definition.get("components") or {}
        schemas = self._definition.get("definitions") or components.get("schemas") or {}
        known = {item["name"] for item in self._call("GetModels", limit=500)["items"]}
        for name, schema in schemas.items():
            members = {"schema": json.dumps(self._with_model_uris(schema))}
            if schema.get("description"):
                members["description"] = schema["description"]
            with self._telling(f"Unable to create model for '{name}'"):
                if name in known:
                    changes = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in members.items()]
                    self._call("UpdateModel", modelName=name, patchOperations=changes)
                else:
                    self._call("CreateModel", name=name, contentType="application/json", **members)

    def _with_model_uris(self, schema: Any) -> Any:
        """References within the definition become those between models."""
        if isinstance(schema, list):
            return [self._with_model_uris(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        changed = {key: self._with_model_uris(value) for key, value in schema.items()}
        if isinstance(schema.get("$ref"), str) and schema["$ref"].startswith("#/"):
            changed["$ref"] = f"https://apigateway.amazonaws.com/restapis/{self._api_id}/models/{_name(schema)}"
        return changed

    def _add_validators(self) -> None:
        validators = self._definition.get("x-amazon-apigateway-request-validators") or {}
        for name, validator in validators.items():
            members = {key: validator.get(key, False) for key in ("validateRequestBody", "validateRequestParameters")}
            self._validators[name] = self._call("CreateRequestValidator", name=name, **members)["id"]

    def _add_authorizers(self) -> None:
        for name, scheme in self._security_schemes().items():
            authorizer = scheme.get("x-amazon-apigateway-authorizer")
            if authorizer is None:
                continue
            members = {key: authorizer[key] for key in AUTHORIZER_MEMBERS if key in authorizer}
            members["type"] = str(members.get("type", "")).upper()
            if members["type"] == "TOKEN" and "identitySource" not in members:
                members["identitySource"] = f"method.request.header.{scheme['name']}"
            if scheme.get(_AUTH_TYPE):
                members["authType"] = scheme[_AUTH_TYPE]
            kind = members["type"] if members["type"] == "COGNITO_USER_POOLS" else "CUSTOM"
            self._authorizers[name] = kind, ""
            with self._telling(f"Unable to create authorizer '{name}'"):
                self._authorizers[name] = kind, self._call("CreateAuthorizer", name=name, **members)["id"]

    def _security_schemes(self) -> Definition:
        components = self._definition.get("components") or {}
        return self._definition.get("securityDefinitions") or components.get("securitySchemes") or {}

    def _add_gateway_responses(self) -> None:
        responses = self._definition.get("x-amazon-apigateway-gateway-responses") or {}
        for response_type, response in responses.items():
            members = {key: response[key] for key in ("responseParameters", "responseTemplates") if key in response}
            if "statusCode" in response:
                members["statusCode"] = str(response["statusCode"])
            self._call("PutGatewayResponse", responseType=response_type, **members)

    def _resource(self, path: str) -> str:
        at, resource_id = "", self._resources["/"]
        for part in path.strip("/").split("/") if path.strip("/") else ():
            at = f"{at}/{part}"
            if at not in self._resources:
                created = self._call("CreateResource", parentId=resource_id, pathPart=part)
                self._resources[at] = created["id"]
            resource_id = self._resources[at]
        return resource_id

    # methods

    def _add_method(
        self, resource_id: str, path: str, http_method: str, item: Definition, operation: Definition
    ) -> None:
        ids = {"resourceId": resource_id, "httpMethod": http_method}
        if http_method in (self._call("GetResource", resourceId=resource_id)["resourceMethods"] or {}):
            self._call("DeleteMethod", **ids)
        written = ANY_METHOD if http_method == "ANY" else http_method
        with self._telling(f"Unable to put method '{written}' on resource at path '{path}'"):
            self._call("PutMethod", **ids, **self._method_members(item, operation))
            for status, response in (operation.get("responses") or {}).items():
                if str(status).isdigit():
                    self._call("PutMethodResponse", **ids, statusCode=str(status), **self._response_members(response))
            integration = operation.get("x-amazon-apigateway-integration")
            if integration is not None:
                self._add_integration(ids, path, integration)

    def _add_integration(self, ids: Members, path: str, integration: Definition) -> None:
        where = f"on '{ids['httpMethod']}' for resource at path '{path}'"
        with self._telling(f"Unable to put integration {where}"):
            self._call("PutIntegration", **ids, **_integration_members(integration))
            for pattern, response in (integration.get("responses") or {}).items():
                with self._telling(f"Unable to put integration response {where}"):
                    self._call("PutIntegrationResponse", **ids, **_integration_response_members(pattern, response))

    def _method_members(self, item: Definition, operation: Definition) -> Members:
        parameters: dict[str, bool] = {}
        models: dict[str, str] = {}
        for parameter in [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]:
            place = _PLACES.get(parameter.get("in"))
            if place is not None:
                parameters[f"method.request.{place}.{parameter['name']}"] = bool(parameter.get("required"))
            elif parameter.get("in") == "body" and "$ref" in (parameter.get("schema") or {}):
                consumes = operation.get("consumes") or self._definition.get("consumes") or ["application/json"]
                models |= dict.fromkeys(consumes, _name(parameter["schema"]))
        for media_type, content in ((operation.get("requestBody") or {}).get("content") or {}).items():
            if "$ref" in (content.get("schema") or {}):
                models[media_type] = _name(content["schema"])
        members: Members = {"requestParameters": parameters or None, "requestModels": models or None}
        members["operationName"] = operation.get("operationId")
        members["requestValidatorId"] = self._validator(operation)
        members |= self._security(operation)
        return {name: value for name, value in members.items() if value is not None}

    def _validator(self, operation: Definition) -> str | None:
        key = "x-amazon-apigateway-request-validator"
        name = operation.get(key) or self._definition.get(key)
        if name is not None and name not in self._validators:
            raise BadRequestException(f"Unable to find request validator: {name}")  # unverified text
        return self._validators[name] if name is not None else None

    def _security(self, operation: Definition) -> Members:
        """Authorization and API key, from the operation's `security` or the definition's."""
        members: Members = {"authorizationType": "NONE"}
        schemes = self._security_schemes()
        requirements = operation["security"] if "security" in operation else self._definition.get("security")
        for name, scopes in [pair for requirement in requirements or () for pair in requirement.items()]:
            scheme = schemes.get(name) or {}
            if name in self._authorizers:
                kind, authorizer_id = self._authorizers[name]
                members |= {"authorizationType": kind, "authorizerId": authorizer_id}
                members |= {"authorizationScopes": list(scopes)} if scopes else {}
            elif scheme.get(_AUTH_TYPE) == "awsSigv4":
                members["authorizationType"] = "AWS_IAM"
            elif str(scheme.get("name", "")).lower() == "x-api-key":
                members["apiKeyRequired"] = True
        auth = operation.get("x-amazon-apigateway-auth")
        if auth and auth.get("type") == "AWS_IAM":
            members["authorizationType"] = "AWS_IAM"
        return members

    def _response_members(self, response: Definition) -> Members:
        headers = {f"method.response.header.{name}": False for name in response.get("headers") or {}}
        content = response.get("content") or {"application/json": response}
        models = {
            media_type: _name(described["schema"])
            for media_type, described in content.items()
            if "$ref" in (described.get("schema") or {})
        }
        members = {"responseParameters": headers, "responseModels": models}
        return {name: value for name, value in members.items() if value}


def _integration_members(integration: Definition) -> Members:
    members: Members = {"type": str(integration.get("type", "")).upper()}
    for name in ("uri", "credentials", "requestParameters", "requestTemplates", "timeoutInMillis", "cacheNamespace"):
        if integration.get(name) is not None:
            members[name] = integration[name]
    for name in ("connectionType", "connectionId", "cacheKeyParameters", "tlsConfig"):
        if integration.get(name):
            members[name] = integration[name]
    if integration.get("httpMethod"):
        members["integrationHttpMethod"] = str(integration["httpMethod"]).upper()
    for name in ("passthroughBehavior", "contentHandling"):
        if integration.get(name):
            members[name] = str(integration[name]).upper()
    return members


def _integration_response_members(pattern: str, response: Definition) -> Members:
    """`default` is the response without a pattern."""
    members: Members = {"statusCode": str(response["statusCode"])}
    if str(pattern) != "default":
        members["selectionPattern"] = str(pattern)
    for name in ("responseParameters", "responseTemplates"):
        if response.get(name):
            members[name] = response[name]
    if response.get("contentHandling"):
        members["contentHandling"] = str(response["contentHandling"]).upper()
    return members


def _name(schema: Definition) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
