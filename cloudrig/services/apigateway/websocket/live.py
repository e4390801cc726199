"""What the WebSocket data plane serves: a deployment's snapshot bound to a stage.

What can be worked out once is worked out here, when a route is first needed: expressions compiled, stage variables put
in, source ARNs written. A stage that deploys itself is served anew with every change of its API, so that serving must
not cost more with every route. A `LiveStage` lives as long as its stage; `serve` gives it another snapshot, and open
connections follow, as on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.observation import NO_DETAIL, Detail, Observation
from cloudrig.services.apigateway.throttling import ACCOUNT, Limits
from cloudrig.services.apigateway.v2.models import RequestModels, compile_schema
from cloudrig.services.apigateway.v2.selection import Expression, compile_expression
from cloudrig.services.apigateway.v2.state import Api, Snapshot
from cloudrig.services.apigateway.websocket.authorizers import LiveAuthorizer, identity_source
from cloudrig.services.apigateway.websocket.integrations.base import Integration
from cloudrig.services.apigateway.websocket.integrations.compiling import compile_integration, function_arn, principal

CONNECT, DISCONNECT, DEFAULT = "$connect", "$disconnect", "$default"


@dataclass(frozen=True, slots=True)
class LiveRoute:
    """One route of a stage. `integration` is None where its target is missing or its URI leads nowhere.

    `responds`: the integration's answer goes back to the client. `source_arn` is what the function's policy must allow,
    and the `methodArn` of an authorizer. `signed`: the handshake must be signed (AWS_IAM). `models`: what messages must
    look like. `key_source` says where the API key comes from that a handshake must have: `header`, `authorizer`, or
    None. `required` are the request parameters that a handshake must have, as place and name.
    """

    key: str
    integration: Integration | None
    responds: bool
    source_arn: str
    authorizer: LiveAuthorizer | None = None
    signed: bool = False
    models: RequestModels | None = None
    required: tuple[tuple[str, str], ...] = ()
    key_source: str | None = None
    limits: Limits | None = None
    detail: Detail = NO_DETAIL


@dataclass(slots=True, eq=False)
class LiveStage:
    """A stage as clients meet it. `deployed` is False until a deployment has been put on it.

    `observation` are its logs, made of its settings when they are first needed.
    """

    api_id: str
    name: str
    scope: Scope
    variables: Mapping[str, str] = field(default_factory=dict)
    _served: tuple[Api, Snapshot, Members] | None = None
    _documents: Mapping[str, Members] = field(default_factory=dict)
    _routes: dict[str, LiveRoute] = field(default_factory=dict)
    selection: Expression = field(default_factory=lambda: compile_expression(""))
    deployed: bool = False
    endpoint_disabled: bool = False
    access_log_settings: Members = field(default_factory=dict)
    observation: Observation | None = None

    def serve(self, api: Api, snapshot: Snapshot | None, stage: Members) -> None:
        """Bind a snapshot to the stage's settings of now."""
        self.variables = stage.get("StageVariables") or {}
        self.access_log_settings = stage.get("AccessLogSettings") or {}
        self.observation = None
        self.deployed = snapshot is not None
        if snapshot is not None:
            self.selection = compile_expression(snapshot.api["RouteSelectionExpression"])
            self.endpoint_disabled = bool(snapshot.api.get("DisableExecuteApiEndpoint"))
            self._served = api, snapshot, stage
            self._documents = {route["RouteKey"]: route for route in snapshot.routes.values()}
            self._routes = {}

    def route(self, key: str) -> LiveRoute | None:
        """The route of a key, bound when it is first asked for."""
        route = self._routes.get(key)
        if route is None and self._served is not None and key in self._documents:
            api, snapshot, stage = self._served
            route = self._routes[key] = self._bind(api, snapshot, self._documents[key], stage)
        return route

    def select(self, body: Any) -> LiveRoute | None:
        """The route of a message: its key's, `$default`'s, or None. Keys with a `$` are never reached by a message."""
        key = self.selection.evaluate({"request.body": body})
        route = None if key.startswith("$") else self.route(key)
        return route or self.route(DEFAULT)

    def _bind(self, api: Api, snapshot: Snapshot, route: Members, stage: Members) -> LiveRoute:
        source_arn = api.execution_arn(f"{self.name}/{route['RouteKey']}")
        settings = (stage.get("DefaultRouteSettings") or {}) | (stage.get("RouteSettings") or {}).get(
            route["RouteKey"], {}
        )
        responds = bool(route.get("RouteResponseSelectionExpression")) and route["RouteId"] in snapshot.route_responses
        return LiveRoute(
            key=route["RouteKey"],
            integration=self._integration(snapshot, route, source_arn),
            responds=responds,
            source_arn=source_arn,
            authorizer=self._authorizer(api, snapshot, route),
            signed=route["AuthorizationType"] == "AWS_IAM",
            models=_models(snapshot, route),
            required=_required(route),
            key_source=_key_source(snapshot.api, route),
            limits=_limits(settings),
            detail=_detail(settings),
        )

    def _integration(self, snapshot: Snapshot, route: Members, source_arn: str) -> Integration | None:
        integration_id = str(route.get("Target", "")).removeprefix("integrations/")
        document = snapshot.integrations.get(integration_id)
        if document is None:
            return None
        return compile_integration(
            document,
            snapshot.integration_responses.get(integration_id, ()),
            api_id=self.api_id,
            source_arn=source_arn,
            variables=self.variables,
            declared=route.get("RequestParameters") or {},
        )

    def _authorizer(self, api: Api, snapshot: Snapshot, route: Members) -> LiveAuthorizer | None:
        if route["AuthorizationType"] != "CUSTOM":
            return None
        authorizer = snapshot.authorizers[route["AuthorizerId"]]
        return LiveAuthorizer(
            function_arn=function_arn(authorizer["AuthorizerUri"], self.variables),
            source_arn=api.execution_arn(f"authorizers/{authorizer['AuthorizerId']}"),
            principal=principal(authorizer.get("AuthorizerCredentialsArn")),
            identity=tuple(identity_source(text) for text in authorizer.get("IdentitySource") or ()),
        )


class LiveStages:
    """Every stage of the rig's WebSocket APIs. Implements `v2.stages.LiveStages`."""

    def __init__(self, removed: Callable[[LiveStage], None]) -> None:
        """`removed` is told of a stage that no longer exists, for the sake of its open connections."""
        self._removed = removed
        self._stages: dict[tuple[str, str], LiveStage] = {}

    def find(self, api_id: str, stage_name: str) -> LiveStage | None:
        return self._stages.get((api_id, stage_name))

    def serve(self, api: Api, snapshot: Snapshot | None, stage: Members) -> None:
        key = api.id, stage["StageName"]
        live = self._stages.get(key)
        if live is None:
            live = self._stages[key] = LiveStage(*key, api.scope)
        live.serve(api, snapshot, stage)

    def remove(self, api_id: str, stage_name: str) -> None:
        self._removed(self._stages.pop((api_id, stage_name)))


def _key_source(api: Members, route: Members) -> str | None:
    """Only `$connect` asks for a key: messages come over a connection that had one."""
    if not route.get("ApiKeyRequired") or route["RouteKey"] != CONNECT:
        return None
    return "authorizer" if "authorizer" in api["ApiKeySelectionExpression"] else "header"


def _detail(settings: Members) -> Detail:
    level, data_trace = settings.get("LoggingLevel") or "OFF", bool(settings.get("DataTraceEnabled"))
    return Detail(level, data_trace, bool(settings.get("DetailedMetricsEnabled")))


def _limits(settings: Members) -> Limits | None:
    """The throttle of a route: its own, else the stage's default one; None where there is neither."""
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    if rate is None and burst is None:
        return None
    return Limits(ACCOUNT.rate if rate is None else rate, ACCOUNT.burst if burst is None else burst)


def _required(route: Members) -> tuple[tuple[str, str], ...]:
    """The request parameters of `$connect` that must be there: `("header", "X-Room")`."""
    declared = (route.get("RequestParameters") or {}).items()
    names = [name.split(".", 3) for name, constraints in declared if constraints.get("Required")]
    return tuple((parts[2], parts[3]) for parts in names) if route["RouteKey"] == CONNECT else ()


def _models(snapshot: Snapshot, route: Members) -> RequestModels | None:
    """Models deleted since are as if they had not been named."""
    schemas = {model["Name"]: model["Schema"] for model in snapshot.models.values()}
    named = (route.get("RequestModels") or {}).items()
    validators = {key: compile_schema(schemas[name]) for key, name in named if name in schemas}
    expression = route.get("ModelSelectionExpression") or DEFAULT
    return RequestModels(compile_expression(expression), validators) if validators else None
