"""HTTP APIs as OpenAPI 3 definitions, with API Gateway's extensions or without.

Source: AG `http-api-export.html`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.openapi import ANY_METHOD, AUTHORIZER, INTEGRATION
from cloudrig.services.apigateway.v2.http_rules import DEFAULT
from cloudrig.services.apigateway.v2.importing import CORS, DEFAULT_PATH, MEMBERS
from cloudrig.services.apigateway.v2.state import Api, Snapshot

_IAM = "sigv4"
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")


class Exporter:
    """One API as it is in a snapshot; `stage_name` is where its server is."""

    def __init__(self, api: Api, snapshot: Snapshot, stage_name: str | None, *, extensions: bool) -> None:
        self._api = api
        self._snapshot = snapshot
        self._stage_name = stage_name
        self._extensions = extensions

    def definition(self) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        for route in sorted(self._snapshot.routes.values(), key=lambda route: str(route["RouteKey"])):
            method, _, path = route["RouteKey"].partition(" ")
            name = ANY_METHOD if method in ("ANY", DEFAULT) else method.lower()
            paths.setdefault(path or DEFAULT_PATH, {})[name] = self._operation(route)
        definition = self._head() | {"paths": paths, "components": self._components()}
        if self._extensions:
            cors = self._snapshot.api.get("CorsConfiguration") or {}
            definition[CORS] = {_lower(name): value for name, value in cors.items()}
            definition["x-amazon-apigateway-importexport-version"] = "1.0"
        return {name: value for name, value in definition.items() if value or name == "paths"}

    def _head(self) -> dict[str, Any]:
        api = self._snapshot.api
        version = api.get("Version") or api["CreatedDate"].strftime("%Y-%m-%d %H:%M:%SUTC")
        info = {"title": api["Name"], "description": api.get("Description"), "version": version}
        url = f"https://{self._api.id}.execute-api.{self._api.scope.region}.amazonaws.com"
        server: dict[str, Any] = {"url": url}
        if self._stage_name not in (None, DEFAULT):
            server = {"url": f"{url}/{{basePath}}", "variables": {"basePath": {"default": self._stage_name}}}
        tags = [
            {"name": name, "x-amazon-apigateway-tag-value": value} for name, value in (api.get("Tags") or {}).items()
        ]
        return {
            "openapi": "3.0.1",
            "info": {name: value for name, value in info.items() if value},
            "servers": [server],
            "tags": tags if self._extensions else None,
        }

    def _operation(self, route: Members) -> dict[str, Any]:
        key = route["RouteKey"]
        operation: dict[str, Any] = {
            "operationId": route.get("OperationName"),
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in _VARIABLE.findall(key)
            ],
            "responses": {"default": {"description": f"Default response for {key}"}},
            "security": self._security(route),
        }
        if self._extensions:
            operation["isDefaultRoute"] = key == DEFAULT
            integration = self._snapshot.integrations.get(str(route.get("Target", "")).removeprefix("integrations/"))
            operation[INTEGRATION] = _integration(integration) if integration is not None else None
        return {name: value for name, value in operation.items() if value}

    def _security(self, route: Members) -> list[dict[str, list[str]]]:
        if route["AuthorizationType"] == "AWS_IAM":
            return [{_IAM: []}]
        authorizer = self._snapshot.authorizers.get(route.get("AuthorizerId") or "")
        return [{authorizer["Name"]: route.get("AuthorizationScopes") or []}] if authorizer is not None else []

    def _components(self) -> dict[str, Any]:
        schemes: dict[str, Any] = {
            authorizer["Name"]: self._scheme(authorizer) for authorizer in self._snapshot.authorizers.values()
        }
        if any(route["AuthorizationType"] == "AWS_IAM" for route in self._snapshot.routes.values()):
            scheme = {"type": "apiKey", "name": "Authorization", "in": "header"}
            schemes[_IAM] = scheme | {"x-amazon-apigateway-authtype": "awsSigv4"}
        return {"securitySchemes": schemes} if schemes else {}

    def _scheme(self, authorizer: Members) -> dict[str, Any]:
        scheme: dict[str, Any] = (
            {"type": "oauth2"}
            if authorizer["AuthorizerType"] == "JWT"
            else {"type": "apiKey", "name": "Unused", "in": "header"}
        )
        return scheme | ({AUTHORIZER: _authorizer(authorizer)} if self._extensions else {})


def _authorizer(authorizer: Members) -> dict[str, Any]:
    extension: dict[str, Any] = {
        "identitySource": ",".join(authorizer.get("IdentitySource") or ()),
        "type": authorizer["AuthorizerType"].lower(),
        "authorizerUri": authorizer.get("AuthorizerUri"),
        "authorizerCredentials": authorizer.get("AuthorizerCredentialsArn"),
        "authorizerPayloadFormatVersion": authorizer.get("AuthorizerPayloadFormatVersion"),
        "authorizerResultTtlInSeconds": authorizer.get("AuthorizerResultTtlInSeconds"),
        "enableSimpleResponses": authorizer.get("EnableSimpleResponses"),
    }
    if authorizer.get("JwtConfiguration"):
        extension["jwtConfiguration"] = {_lower(name): value for name, value in authorizer["JwtConfiguration"].items()}
    return {name: value for name, value in extension.items() if value not in (None, "")}


def _integration(document: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {
        "payloadFormatVersion": document["PayloadFormatVersion"],
        "type": document["IntegrationType"].lower(),
    }
    for key, name in MEMBERS.items():
        if document.get(name):
            written[key] = document[name]
    if written.get("httpMethod") == "ANY":
        written["httpMethod"] = ANY_METHOD
    return written


def _lower(name: str) -> str:
    return f"{name[0].lower()}{name[1:]}"
