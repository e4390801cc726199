"""One request on its way through an HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from cloudrig.engine import names
from cloudrig.engine.messages import Request
from cloudrig.services.apigateway.forwarding import HOP_BY_HOP, trace_root_of, visible_headers
from cloudrig.services.apigateway.http_api.mappings import as_text, from_json, step_through

if TYPE_CHECKING:
    from cloudrig.services.apigateway.http_api.errors import Refused
    from cloudrig.services.apigateway.http_api.live import LiveRoute, LiveStage

_DROPPED_HEADERS = HOP_BY_HOP | {"content-length"}
REQUEST_KIND = "E"
"""The 12th character of ids in captured answers (`apigw-requestid: Mc7UVioPPHcEKPA=`)."""


class Call:
    """A request, the ids it was given, and what routing and authorization found out about it.

    `path` begins after the stage (`/a/b`) and is percent-encoded as the client sent it; `event_path` is what events
    show: decoded, with a named stage or the base path of a custom domain (captured: honojs/hono#2156,
    logandk/serverless-wsgi#191). `authorizer` is `requestContext.authorizer` of payload format 2.0, `latency_ms` the
    integration's, once it has answered.
    """

    __slots__ = (
        "_headers",
        "_query",
        "authorizer",
        "domain_name",
        "error",
        "event_path",
        "latency_ms",
        "path",
        "path_parameters",
        "request",
        "request_id",
        "route",
        "stage",
        "time_s",
        "trace_root",
    )

    def __init__(self, request: Request, stage: LiveStage, path: str, full_path: str, time_s: float) -> None:
        self.request = request
        self.stage = stage
        self.path = path
        self.event_path = unquote(full_path)
        self.domain_name = stage.domain_name
        self.time_s = time_s
        self.request_id = names.extended_id(REQUEST_KIND)
        self.trace_root = trace_root_of(request, time_s)
        self.route: LiveRoute | None = None
        self.path_parameters: Mapping[str, str] = {}
        self.authorizer: dict[str, Any] | None = None
        self.error: Refused | None = None
        self.latency_ms: float | None = None
        self._headers: dict[str, list[str]] | None = None
        self._query: dict[str, list[str]] | None = None

    @property
    def route_key(self) -> str:
        return self.route.key if self.route is not None else ""

    @property
    def resource(self) -> str:
        """The path of the route, or its key where it has no path (`$default`)."""
        return self.route_key.partition(" ")[2] or self.route_key

    @property
    def headers(self) -> dict[str, list[str]]:
        """Headers as back ends see them, by the sender's names: `X-Forwarded-*` and the trace id added."""
        if self._headers is None:
            self._headers = visible_headers(self.request, self.trace_root, _DROPPED_HEADERS)
            self._headers["Content-Length"] = [str(len(self.request.body))]
        return self._headers

    @property
    def query(self) -> dict[str, list[str]]:
        """Decoded query parameters, each with all its values in order."""
        if self._query is None:
            self._query = {}
            for name, value in parse_qsl(self.request.query, keep_blank_values=True):
                self._query.setdefault(name, []).append(value)
        return self._query

    def value(self, source: str) -> str | None:
        """What `request.header.x`, `context.y`, `stageVariables.z`, … is for this request; None for what is not."""
        root, _, rest = source.partition(".")
        if root == "context":
            return step_through(self.context(), rest)
        if root == "stageVariables":
            return self.stage.variables.get(rest)
        if root != "request":
            return None
        place, _, name = rest.partition(".")
        if place.startswith("body"):
            return from_json(self.request.body, rest.removeprefix("body").lstrip("."))
        return self._part(place, name)

    def _part(self, place: str, name: str) -> str | None:
        if place == "header":
            values = self.request.headers.getall(name, None)
            return ",".join(values) if values is not None else None
        if place == "querystring":
            return ",".join(self.query[name]) if name in self.query else None
        if place == "path":
            return self.path_parameters.get(name) if name else unquote(self.path)
        return self.request.method if place == "method" else None

    def context(self) -> dict[str, Any]:
        """`$context` of mappings and access logs. Source: AG `http-api-logging-variables.html`."""
        request, stage = self.request, self.stage
        return {
            "accountId": stage.scope.account,
            "apiId": stage.api_id,
            "authorizer": self._authorizer_context(),
            "domainName": self.domain_name,
            "domainPrefix": self.domain_name.partition(".")[0],
            "extendedRequestId": self.request_id,
            "httpMethod": request.method,
            "identity": self.identity(),
            "path": self.event_path,
            "protocol": "HTTP/1.1",
            "requestId": self.request_id,
            "requestTime": self.request_time,
            "requestTimeEpoch": int(self.time_s * 1000),
            "routeKey": self.route_key,
            "stage": stage.name,
        }

    def identity(self) -> dict[str, str | None]:
        """`requestContext.identity` of payload format 1.0."""
        iam = (self.authorizer or {}).get("iam") or {}
        return {
            "accessKey": iam.get("accessKey"),
            "accountId": iam.get("accountId"),
            "caller": iam.get("callerId"),
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": iam.get("principalOrgId"),
            "sourceIp": self.request.client_ip,
            "user": iam.get("userId"),
            "userAgent": self.request.headers.get("User-Agent"),
            "userArn": iam.get("userArn"),
        }

    def _authorizer_context(self) -> dict[str, Any]:
        told = self.authorizer or {}
        return told.get("jwt") or {name: as_text(value) for name, value in (told.get("lambda") or {}).items()}

    @property
    def request_time(self) -> str:
        return datetime.fromtimestamp(self.time_s, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
