"""One request on its way through a REST API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from multidict import CIMultiDict

from cloudrig.engine import names
from cloudrig.engine.messages import Request
from cloudrig.services.apigateway.execution_logs import Trace
from cloudrig.services.apigateway.forwarding import HOP_BY_HOP, trace_root_of, visible_headers

if TYPE_CHECKING:
    from cloudrig.services.apigateway.rest.answers import GatewayError
    from cloudrig.services.apigateway.rest.routes import Endpoint, LiveStage

# What stays between the client and the gateway: neither events nor integrations see these.
# Recorded against AWS in LocalStack's snapshots (`TestApiGatewayHeaderRemapping`).
_DROPPED_HEADERS = HOP_BY_HOP | {
    "content-length",
    "content-md5",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "www-authenticate",
}
_NOBODY: Mapping[str, str | None] = {
    "cognitoIdentityPoolId": None,
    "accountId": None,
    "cognitoIdentityId": None,
    "caller": None,
    "sourceIp": None,
    "principalOrgId": None,
    "accessKey": None,
    "cognitoAuthenticationType": None,
    "cognitoAuthenticationProvider": None,
    "userArn": None,
    "userAgent": None,
    "user": None,
}


class Call:
    """A request, the ids it was given, and what routing and authorization found out about it.

    `path` begins after the stage (`/a/b`), `full_path` with it; both are percent-encoded as the client sent them.
    `event_path` is what events show: behind a custom domain name, the base path and `path`.
    `overrides` are what mapping templates set in `$context`. `trace` takes what goes to the execution log, where there
    is one; `latency_ms` is the integration's, once it has answered.
    """

    __slots__ = (
        "_context",
        "_headers",
        "_query",
        "authorizer",
        "domain_name",
        "endpoint",
        "error",
        "event_path",
        "extended_request_id",
        "full_path",
        "identity",
        "latency_ms",
        "overrides",
        "path",
        "path_parameters",
        "request",
        "request_id",
        "stage",
        "time_s",
        "trace",
        "trace_root",
        "usage_key",
    )

    def __init__(self, request: Request, stage: LiveStage, path: str, full_path: str, time_s: float) -> None:
        self.request = request
        self.stage = stage
        self.path = path
        self.event_path = path
        self.full_path = full_path
        self.domain_name = stage.domain_name
        self.time_s = time_s
        self.request_id = names.request_id()
        self.extended_request_id = names.extended_id("F")
        self.trace_root = trace_root_of(request, time_s)
        self.endpoint: Endpoint | None = None
        self.path_parameters: dict[str, str] = {}
        self.authorizer: dict[str, Any] | None = None
        self.identity: dict[str, str | None] = {}
        self.usage_key: str | None = None
        self.trace: Trace | None = None
        self.error: GatewayError | None = None
        self.latency_ms: float | None = None
        self.overrides: dict[str, Any] = {
            "requestOverride": {"header": {}, "querystring": {}, "path": {}},
            "responseOverride": {"header": {}},
        }
        self._headers: dict[str, list[str]] | None = None
        self._query: dict[str, list[str]] | None = None
        self._context: dict[str, Any] | None = None

    @property
    def query(self) -> dict[str, list[str]]:
        """Decoded query parameters, each with all its values in order."""
        if self._query is None:
            query: dict[str, list[str]] = {}
            if self.request.query:
                for name, value in parse_qsl(self.request.query, keep_blank_values=True):
                    query.setdefault(name, []).append(value)
            self._query = query
        return self._query

    @property
    def headers(self) -> dict[str, list[str]]:
        """Headers as events show them: the sender's case, all values, with `X-Forwarded-*` and the trace id added."""
        if self._headers is None:
            self._headers = visible_headers(self.request, self.trace_root, _DROPPED_HEADERS)
        return self._headers

    @property
    def accepts_bytes(self) -> bool:
        """Whether the first type that the client accepts is a binary media type of the API.

        Source: AG `lambda-proxy-binary-media.html`.
        """
        if not self.stage.binary_types:
            return False
        accepted = self.request.headers.get("Accept")
        return self.stage.is_binary(accepted.partition(",")[0] if accepted else None)

    def show_headers(self, headers: CIMultiDict[str]) -> None:
        """These are all that events show."""
        self._headers = {name: headers.getall(name) for name in headers}

    def header(self, name: str) -> str | None:
        """The last value of a visible header, by its name in any case."""
        wanted = name.lower()
        for key, values in self.headers.items():
            if key.lower() == wanted:
                return values[-1]
        return None

    def come_by_domain(self, host: str, path: str) -> None:
        """The request came by a custom domain name: its events show that, and the path as the client sent it."""
        self.domain_name, self.event_path, self.full_path = host, path, path

    def identify(self, **identity: str | None) -> None:
        """Note what became known about the caller (`requestContext.identity`)."""
        self.identity |= identity
        self._context = None

    def authorize(self, authorizer: dict[str, Any], usage_key: str | None) -> None:
        """Note what an authorizer said (`requestContext.authorizer`), and the API key it named."""
        self.authorizer, self.usage_key = authorizer, usage_key
        self._context = None

    def context(self) -> dict[str, Any]:
        """The event's `requestContext`."""
        if self._context is None:
            self._context = self._new_context()
        return self._context

    def template_context(self) -> dict[str, Any]:
        """`$context`, of which `isCanaryRequest` is no part of events."""
        canary = self.stage.is_canary
        return self.context() if canary is None else self.context() | {"isCanaryRequest": str(canary).lower()}

    def _new_context(self) -> dict[str, Any]:
        """`requestContext` as far as it is known now; keys as in events captured on AWS."""
        request, stage, endpoint = self.request, self.stage, self.endpoint
        user_agent = request.headers.get("User-Agent")
        context: dict[str, Any] = {
            "resourceId": endpoint.resource_id if endpoint else None,
            "resourcePath": endpoint.resource_path if endpoint else None,
            "httpMethod": request.method,
            "extendedRequestId": self.extended_request_id,
            "requestTime": datetime.fromtimestamp(self.time_s, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "path": self.full_path,
            "accountId": stage.account,
            "protocol": "HTTP/1.1",
            "stage": stage.name,
            "domainPrefix": self.domain_name.partition(".")[0],
            "requestTimeEpoch": int(self.time_s * 1000),
            "requestId": self.request_id,
            "identity": {**_NOBODY, "sourceIp": request.client_ip, "userAgent": user_agent, **self.identity},
            "domainName": self.domain_name,
            "deploymentId": stage.deployment_id,
            "apiId": stage.api_id,
        }
        if self.authorizer is not None:
            context["authorizer"] = self.authorizer
        return context
