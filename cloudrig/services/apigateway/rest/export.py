"""A deployed stage as an OpenAPI definition: what `openapi` reads, written.

Sources: AG `api-gateway-export-api.html`; exports recorded from AWS in LocalStack's test snapshots. Extensions are
written when asked for: `integrations` (with validators and gateway responses), `authorizers`, `documentation` (the
version that the stage names); `apigateway` is all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.rest.documentation import EXTENSION, exported
from cloudrig.services.apigateway.rest.integrations import DEFAULT_TIMEOUT_MS
from cloudrig.services.apigateway.rest.openapi import AUTHORIZER_MEMBERS
from cloudrig.services.apigateway.rest.state import DocumentationVersion, Method, Resource, RestApi, Stage

_PLACES = {"querystring": "query", "header": "header", "path": "path"}
_KEY_SCHEME = "api_key"
_IAM_SCHEME = "sigv4"
_MODEL_PREFIX = "https://apigateway.amazonaws.com/restapis/"


class Exporter:
    """Writes one stage as Swagger 2.0 or OpenAPI 3."""

    def __init__(
        self, stage: Stage, documentation: DocumentationVersion | None, *, swagger: bool, extensions: frozenset[str]
    ) -> None:
        self._stage = stage
        self._api: RestApi = stage.deployment.api
        self._swagger = swagger
        everything = "apigateway" in extensions
        self._integrations = everything or "integrations" in extensions
        self._authorizers = everything or "authorizers" in extensions
        self._documentation = documentation if everything or "documentation" in extensions else None

    def definition(self) -> dict[str, Any]:
        paths = {
            resource.path: self._item(resource)
            for resource in sorted(self._api.resources.values(), key=lambda resource: resource.path)
            if resource.methods
        }
        definition = self._head() | {"paths": paths} | self._components()
        if self._integrations:
            definition |= self._extensions()
        if self._documentation is not None:
            definition[EXTENSION] = exported(self._documentation)
        return {
            name: value for name, value in definition.items() if name == "components" or value not in (None, {}, [])
        }

    def _head(self) -> dict[str, Any]:
        document, scope = self._api.document, self._api.scope
        version = document.get("version") or self._stage.deployment.created.strftime("%Y-%m-%dT%H:%M:%SZ")
        info = {"title": document["name"], "description": document.get("description"), "version": version}
        info = {name: value for name, value in info.items() if value}
        host = f"{self._api.id}.execute-api.{scope.region}.amazonaws.com"
        if self._swagger:
            path = f"/{self._stage.name}"
            return {"swagger": "2.0", "info": info, "host": host, "basePath": path, "schemes": ["https"]}
        server = {"url": f"https://{host}/{{basePath}}", "variables": {"basePath": {"default": self._stage.name}}}
        return {"openapi": "3.0.1", "info": info, "servers": [server]}

    def _components(self) -> dict[str, Any]:
        schemas = {
            name: self._local_references(json.loads(model.get("schema") or "{}")) for name, model in self._used_models()
        }
        schemes = self._security_schemes()
        if self._swagger:
            return {"securityDefinitions": schemes, "definitions": schemas}
        components = {"schemas": schemas, "securitySchemes": schemes}
        return {"components": {name: value for name, value in components.items() if value}}

    def _used_models(self) -> list[tuple[str, Members]]:
        """All but the two that every API has, unless a method names them."""
        named = json.dumps(
            [
                [method.document.get("requestModels"), method.responses]
                for resource in self._api.resources.values()
                for method in resource.methods.values()
            ]
        )
        return [
            (name, model)
            for name, model in self._api.models.items()
            if name not in ("Empty", "Error") or json.dumps(name) in named
        ]

    def _security_schemes(self) -> dict[str, Any]:
        schemes: dict[str, Any] = {}
        for resource in self._api.resources.values():
            for method in resource.methods.values():
                if method.document["apiKeyRequired"]:
                    schemes[_KEY_SCHEME] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
                if method.document["authorizationType"] == "AWS_IAM":
                    scheme = {"type": "apiKey", "name": "Authorization", "in": "header"}
                    schemes[_IAM_SCHEME] = scheme | {"x-amazon-apigateway-authtype": "awsSigv4"}
        for authorizer in self._api.authorizers.values():
            schemes[authorizer["name"]] = self._authorizer(authorizer)
        return schemes

    def _authorizer(self, authorizer: Members) -> dict[str, Any]:
        header = (authorizer.get("identitySource") or "").removeprefix("method.request.header.")
        name = header if authorizer["type"] == "TOKEN" and header else "Authorization"
        scheme: dict[str, Any] = {
            "type": "apiKey",
            "name": name if authorizer["type"] == "TOKEN" else "Unused",
            "in": "header",
            "x-amazon-apigateway-authtype": authorizer["authType"],
        }
        if self._authorizers:
            extension = {key: authorizer[key] for key in AUTHORIZER_MEMBERS if authorizer.get(key) is not None}
            scheme["x-amazon-apigateway-authorizer"] = extension | {"type": authorizer["type"].lower()}
        return scheme

    def _extensions(self) -> dict[str, Any]:
        validators = {
            validator["name"] or validator["id"]: {
                key: validator[key] for key in ("validateRequestBody", "validateRequestParameters")
            }
            for validator in self._api.validators.values()
        }
        responses = {
            response_type: {
                key: response[key]
                for key in ("statusCode", "responseParameters", "responseTemplates")
                if response.get(key)
            }
            for response_type, response in self._api.gateway_responses.items()
        }
        key_source = self._api.document["apiKeySource"]
        return {
            "x-amazon-apigateway-request-validators": validators,
            "x-amazon-apigateway-gateway-responses": responses,
            "x-amazon-apigateway-binary-media-types": self._api.document.get("binaryMediaTypes"),
            "x-amazon-apigateway-minimum-compression-size": self._api.document.get("minimumCompressionSize"),
            "x-amazon-apigateway-policy": json.loads(self._api.document.get("policy") or "null"),
            "x-amazon-apigateway-api-key-source": None if key_source == "HEADER" else key_source,
        }

    # operations

    def _item(self, resource: Resource) -> dict[str, Any]:
        return {
            "x-amazon-apigateway-any-method" if name == "ANY" else name.lower(): self._operation(method)
            for name, method in sorted(resource.methods.items())
        }

    def _operation(self, method: Method) -> dict[str, Any]:
        document = method.document
        operation: dict[str, Any] = {"operationId": document.get("operationName")}
        operation["parameters"] = self._parameters(document)
        models = document.get("requestModels") or {}
        if self._swagger:
            operation |= _media_types(method)
        elif models:
            content = {media: self._schema(name) for media, name in models.items()}
            operation["requestBody"] = {"content": content, "required": True}
        operation["responses"] = {status: self._response(status, r) for status, r in sorted(method.responses.items())}
        operation["security"] = self._security(document)
        if self._integrations:
            if document.get("requestValidatorId"):
                validator = self._api.validators[document["requestValidatorId"]]
                operation["x-amazon-apigateway-request-validator"] = validator["name"] or validator["id"]
            operation["x-amazon-apigateway-integration"] = _integration(method)
        return {name: value for name, value in operation.items() if value not in (None, {}, [])}

    def _parameters(self, document: Members) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = []
        for parameter, required in sorted((document.get("requestParameters") or {}).items()):
            _, _, place, name = parameter.split(".", 3)
            typed = {"type": "string"} if self._swagger else {"schema": {"type": "string"}}
            if place in _PLACES:
                demand = {"required": required} if required or self._swagger else {}
                parameters.append({"name": name, "in": _PLACES[place], **demand, **typed})
        if self._swagger:
            for name in list((document.get("requestModels") or {}).values())[:1]:
                parameters.append({"in": "body", "name": name, "required": True, **self._schema(name)})
        return parameters

    def _response(self, status: str, response: Members) -> dict[str, Any]:
        described: dict[str, Any] = {"description": f"{status} response"}
        typed = {"type": "string"} if self._swagger else {"schema": {"type": "string"}}
        names = [parameter.split(".", 3)[3] for parameter in response.get("responseParameters") or {}]
        if names:
            described["headers"] = dict.fromkeys(names, typed)
        models = response.get("responseModels") or {}
        if models and self._swagger:
            described |= self._schema(next(iter(models.values())))
        elif not self._swagger:
            described["content"] = {media: self._schema(name) for media, name in models.items()}
        return described

    def _schema(self, name: str) -> dict[str, Any]:
        root = "#/definitions/" if self._swagger else "#/components/schemas/"
        return {"schema": {"$ref": root + name}}

    def _local_references(self, schema: Any) -> Any:
        """References between models become those within the definition."""
        if isinstance(schema, list):
            return [self._local_references(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        changed = {key: self._local_references(value) for key, value in schema.items()}
        if isinstance(schema.get("$ref"), str) and schema["$ref"].startswith(_MODEL_PREFIX):
            changed |= self._schema(schema["$ref"].rpartition("/")[2])["schema"]
        return changed

    def _security(self, document: Members) -> list[dict[str, list[str]]]:
        names = []
        if document["authorizationType"] == "AWS_IAM":
            names.append(_IAM_SCHEME)
        if document.get("authorizerId"):
            names.append(self._api.authorizers[document["authorizerId"]]["name"])
        if document["apiKeyRequired"]:
            names.append(_KEY_SCHEME)
        return [{name: []} for name in names]


def _media_types(method: Method) -> dict[str, Any]:
    """What a method takes and gives: the types of its models, and of its integration's templates."""
    integration = method.integration
    takes = [*(method.document.get("requestModels") or {})]
    takes += [*(integration.document.get("requestTemplates") or {})] if integration else []
    gives = [media for response in method.responses.values() for media in response.get("responseModels") or {}]
    for response in integration.responses.values() if integration else ():
        gives += [*(response.get("responseTemplates") or {})]
    return {"consumes": [*dict.fromkeys(takes)], "produces": [*dict.fromkeys(gives)]}


def _integration(method: Method) -> dict[str, Any]:
    integration = method.integration
    if integration is None:
        return {}
    document: Mapping[str, Any] = integration.document
    skipped = ("cacheNamespace", "cacheKeyParameters", "passthroughBehavior", "type")
    written = {name: value for name, value in document.items() if value not in (None, {}, []) and name not in skipped}
    for name, default in (("timeoutInMillis", DEFAULT_TIMEOUT_MS), ("connectionType", "INTERNET")):
        if written.get(name) == default:
            del written[name]
    written["type"] = document["type"].lower()
    written["passthroughBehavior"] = document["passthroughBehavior"].lower()
    responses = {
        response.get("selectionPattern") or "default": {
            name: value for name, value in response.items() if name != "selectionPattern" and value
        }
        for response in integration.responses.values()
    }
    return written | ({"responses": responses} if responses else {})
