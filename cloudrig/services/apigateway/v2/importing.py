"""OpenAPI 3 definitions as HTTP APIs, with API Gateway's extensions.

A definition is turned into calls of the control plane's own operations on an API that nobody sees yet, so that every
rule applies and a definition that breaks one changes nothing. Sources: AG `http-api-open-api.html`,
`api-gateway-swagger-extensions.html`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException, ConflictException, NotFoundException
from cloudrig.services.apigateway.openapi import (
    ANY_METHOD,
    AUTHORIZER,
    INTEGRATION,
    Definition,
    operations,
    path_prefix,
)
from cloudrig.services.apigateway.v2.http_rules import DEFAULT

CORS = "x-amazon-apigateway-cors"
DEFAULT_PATH = "/$default"

_INTEGRATIONS = "x-amazon-apigateway-integrations"
_ENDPOINT = "x-amazon-apigateway-endpoint-configuration"
_CORS = ("AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders", "MaxAge")
_PROXIES = ("AWS_PROXY", "HTTP_PROXY")
MEMBERS: Mapping[str, str] = {
    "connectionId": "ConnectionId",
    "connectionType": "ConnectionType",
    "credentials": "CredentialsArn",
    "description": "Description",
    "httpMethod": "IntegrationMethod",
    "integrationSubtype": "IntegrationSubtype",
    "requestParameters": "RequestParameters",
    "responseParameters": "ResponseParameters",
    "timeoutInMillis": "TimeoutInMillis",
    "tlsConfig": "TlsConfig",
    "uri": "IntegrationUri",
}
"""Members of an integration in definitions → those of CreateIntegration."""


class Operations(Protocol):
    """The control plane, bound to one API."""

    def __call__(self, operation: str, **members: Any) -> Members: ...


def check_version(definition: Definition) -> None:
    """Raises BadRequestException: HTTP APIs are imported from OpenAPI 3 only."""
    if not str(definition.get("openapi") or "").startswith("3."):
        raise BadRequestException("Unable to import API: only OpenAPI 3 definitions are supported for HTTP APIs")


def api_members(definition: Definition) -> Members:
    """CreateApi's members for a definition."""
    info = definition.get("info") or {}
    members: Members = {"Name": info.get("title") or "", "ProtocolType": "HTTP"}
    if info.get("description"):
        members["Description"] = info["description"]
    if info.get("version") is not None:
        members["Version"] = str(info["version"])
    given = definition.get(CORS) or {}
    cors = {name: given[key] for name in _CORS if (key := f"{name[0].lower()}{name[1:]}") in given}
    if cors:
        members["CorsConfiguration"] = cors
    tags = {tag["name"]: tag.get("x-amazon-apigateway-tag-value", "") for tag in definition.get("tags") or ()}
    if tags:
        members["Tags"] = tags
    for server in definition.get("servers") or ():
        if (server.get(_ENDPOINT) or {}).get("disableExecuteApiEndpoint"):
            members["DisableExecuteApiEndpoint"] = True
    return members


class Importer:
    """Carries one definition out on one API; `warnings` are what could not be taken over."""

    def __init__(self, definition: Definition, basepath: str | None, call: Operations) -> None:
        self._definition = definition
        self._components: Definition = definition.get("components") or {}
        self._call = call
        self._authorizers: dict[str, tuple[str, str]] = {}
        self._prefix = path_prefix(definition, basepath)
        self.warnings: list[str] = []

    def run(self) -> None:
        """What the control plane refuses is left out with a warning, as AWS does (aws/aws-sam-cli#2410).

        Raises BadRequestException; KeyError, TypeError and AttributeError for a malformed definition.
        """
        for name, scheme in (self._components.get("securitySchemes") or {}).items():
            if scheme.get(AUTHORIZER):
                self._add_authorizer(name, scheme[AUTHORIZER])
        for path, item in (self._definition.get("paths") or {}).items():
            for method, operation in operations(item):
                self._add_route(path, method, operation)

    def _add_authorizer(self, name: str, extension: Definition) -> None:
        kind = str(extension["type"]).upper()
        sources = [source.strip() for source in str(extension.get("identitySource") or "").split(",") if source.strip()]
        members: Members = {"Name": name, "AuthorizerType": kind, "IdentitySource": sources}
        if kind == "JWT":
            configuration = extension.get("jwtConfiguration") or {}
            members["JwtConfiguration"] = {
                "Issuer": configuration.get("issuer"),
                "Audience": configuration.get("audience"),
            }
        else:
            members |= _request_authorizer(extension)
        with self._ignoring(f"Unable to create Authorizer '{name}'"):
            made = self._call("CreateAuthorizer", **members)
            self._authorizers[name] = ("JWT" if kind == "JWT" else "CUSTOM"), made["AuthorizerId"]

    @contextmanager
    def _ignoring(self, what: str) -> Iterator[None]:
        try:
            yield
        except (BadRequestException, ConflictException, NotFoundException) as error:
            self.warnings.append(f"{what}: {error.message}. Ignoring.")

    def _add_route(self, path: str, method: str, operation: Definition) -> None:
        members: Members = {"RouteKey": self._key(path, method)}
        if operation.get("operationId"):
            members["OperationName"] = operation["operationId"]
        requirement = self._requirement(operation)
        with self._ignoring(f"Unable to put method '{method}' on resource at path '{path}'"):
            route = self._call("CreateRoute", **members, **self._authorization(operation, requirement))
            integration = self._integration(operation)
            if integration is not None:
                with self._ignoring(f"Unable to put integration on '{method}' for resource at path '{path}'"):
                    made = self._call("CreateIntegration", **integration)
                    self._call("UpdateRoute", RouteId=route["RouteId"], Target=f"integrations/{made['IntegrationId']}")

    def _key(self, path: str, method: str) -> str:
        if path == DEFAULT_PATH:
            return DEFAULT
        return f"{method} {self._prefix}{path}"

    def _integration(self, operation: Definition) -> Members | None:
        integration = operation.get(INTEGRATION)
        if integration is None:
            return None
        if "$ref" in integration:
            integration = self._components[_INTEGRATIONS][str(integration["$ref"]).rpartition("/")[2]]
        kind = str(integration.get("type", "")).upper()
        if kind not in _PROXIES:
            self.warnings.append(f"Integration type {kind} is not supported for HTTP APIs: skipped")
            return None
        members: Members = {name: integration[key] for key, name in MEMBERS.items() if integration.get(key)}
        members["IntegrationType"] = kind
        if "IntegrationMethod" in members:
            members["IntegrationMethod"] = _method(members["IntegrationMethod"])
        if integration.get("payloadFormatVersion") is not None:
            members["PayloadFormatVersion"] = str(integration["payloadFormatVersion"])
        return members

    def _requirement(self, operation: Definition) -> tuple[str, list[str]] | None:
        """The one requirement of the operation, or of the definition. Raises BadRequestException for several."""
        given = operation["security"] if "security" in operation else self._definition.get("security")
        requirements = [(name, scopes) for requirement in given or () for name, scopes in requirement.items()]
        if len(requirements) > 1:
            raise BadRequestException("Multiple security requirements are not supported for an operation")
        return requirements[0] if requirements else None

    def _authorization(self, operation: Definition, requirement: tuple[str, list[str]] | None) -> Members:
        """Raises BadRequestException: the authorizer could not be made."""
        if (operation.get("x-amazon-apigateway-auth") or {}).get("type") == "AWS_IAM":
            return {"AuthorizationType": "AWS_IAM"}
        if requirement is None:
            return {}
        name, scopes = requirement
        if name in self._authorizers:
            kind, authorizer_id = self._authorizers[name]
            members: Members = {"AuthorizationType": kind, "AuthorizerId": authorizer_id}
            return members | ({"AuthorizationScopes": list(scopes)} if scopes else {})
        scheme = (self._components.get("securitySchemes") or {}).get(name) or {}
        if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
            return {"AuthorizationType": "AWS_IAM"}
        if scheme.get(AUTHORIZER):
            kind = str(scheme[AUTHORIZER]["type"]).upper()
            raise BadRequestException(
                f"Invalid authorizer definition. Setting the authorization type to {kind} requires a valid authorizer"
            )
        self.warnings.append(f"Security scheme {name} is not supported for HTTP APIs: skipped")
        return {}


def _request_authorizer(extension: Definition) -> Members:
    members: Members = {
        "AuthorizerUri": extension.get("authorizerUri"),
        "AuthorizerCredentialsArn": extension.get("authorizerCredentials"),
        "AuthorizerResultTtlInSeconds": extension.get("authorizerResultTtlInSeconds"),
        "EnableSimpleResponses": extension.get("enableSimpleResponses"),
    }
    if extension.get("authorizerPayloadFormatVersion") is not None:
        members["AuthorizerPayloadFormatVersion"] = str(extension["authorizerPayloadFormatVersion"])
    return {name: value for name, value in members.items() if value is not None}


def _method(text: str) -> str:
    return "ANY" if text.lower() == ANY_METHOD else text.upper()
