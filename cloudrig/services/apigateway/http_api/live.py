"""Stages of HTTP APIs as the data plane uses them: compiled when a request first needs them, and again on a change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.backends import HttpBackends
from cloudrig.services.apigateway.http_api.cors import Cors
from cloudrig.services.apigateway.http_api.gates import Gate, SignedCaller, ThrottleGate
from cloudrig.services.apigateway.http_api.integrations import (
    HttpIntegration,
    Integration,
    LambdaIntegration,
    ServiceIntegration,
)
from cloudrig.services.apigateway.http_api.jwt_authorizer import Issuers, JwtAuthorizer
from cloudrig.services.apigateway.http_api.lambda_authorizer import LambdaAuthorizer
from cloudrig.services.apigateway.http_api.routes import DEFAULT, RouteTable
from cloudrig.services.apigateway.http_api.transforms import ResponseTransform
from cloudrig.services.apigateway.observation import Observation, observe
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.throttling import ACCOUNT, Limits
from cloudrig.services.apigateway.v2.state import Api, Snapshot

_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_FUNCTION = re.compile(
    r"arn:aws[\w-]*:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(?P<invoked>.+)/invocations"
    r"|(?P<plain>arn:aws[\w-]*:lambda:.+)"
)


@dataclass(frozen=True, slots=True)
class LiveRoute:
    """One route. `integration` is None where its target is missing; `measured`: it has metrics of its own."""

    key: str
    gates: tuple[Gate, ...]
    integration: Integration | None
    transform: ResponseTransform
    measured: bool


@dataclass(frozen=True, slots=True)
class LiveStage:
    """A stage with a deployment on it."""

    api_id: str
    name: str
    scope: Scope
    domain_name: str
    variables: Mapping[str, str]
    routes: RouteTable[LiveRoute]
    cors: Cors | None
    endpoint_disabled: bool
    observation: Observation


class LiveStages:
    """Every stage of the rig's HTTP APIs. Implements `v2.stages.LiveStages`."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._backends = HttpBackends()
        self._issuers = Issuers(around.user_pools, self._backends, around.clock)
        self._sources: dict[tuple[str, str], tuple[Api, Snapshot, Members]] = {}
        self._compiled: dict[tuple[str, str], LiveStage] = {}

    def find(self, api_id: str, stage_name: str) -> LiveStage | None:
        """None: there is no such stage, or nothing is deployed on it."""
        key = api_id, stage_name
        live = self._compiled.get(key)
        if live is None and key in self._sources:
            live = self._compiled[key] = self._compile(*self._sources[key])
        return live

    def serve(self, api: Api, snapshot: Snapshot | None, stage: Members) -> None:
        key = api.id, stage["StageName"]
        self._compiled.pop(key, None)
        if snapshot is not None:
            self._sources[key] = api, snapshot, stage

    def remove(self, api_id: str, stage_name: str) -> None:
        self._sources.pop((api_id, stage_name), None)
        self._compiled.pop((api_id, stage_name), None)

    async def close(self) -> None:
        """Close the connections to HTTP back ends."""
        await self._backends.close()

    def _compile(self, api: Api, snapshot: Snapshot, stage: Members) -> LiveStage:
        compiler = _Compiler(api, snapshot, stage, self._around, self._backends, self._issuers)
        access = stage.get("AccessLogSettings")
        cors = snapshot.api.get("CorsConfiguration")
        key = f"{api.id}/{stage['StageName']}"
        return LiveStage(
            api_id=api.id,
            name=stage["StageName"],
            scope=api.scope,
            domain_name=self._around.addresses.api_host(api.id, api.scope.region),
            variables=stage.get("StageVariables") or {},
            routes=RouteTable(map(compiler.route, snapshot.routes.values())),
            cors=Cors(cors) if cors else None,
            endpoint_disabled=bool(snapshot.api.get("DisableExecuteApiEndpoint")),
            observation=observe(
                self._around.logs,
                api.scope,
                key,
                {"destinationArn": access["DestinationArn"], "format": access["Format"]} if access else None,
                f"/aws/apigateway/{key}",
                (("ApiId", api.id), ("Stage", stage["StageName"])),
            ),
        )


class _Compiler:
    """Makes the routes of one stage."""

    def __init__(
        self,
        api: Api,
        snapshot: Snapshot,
        stage: Members,
        around: Surroundings,
        backends: HttpBackends,
        issuers: Issuers,
    ) -> None:
        self._api = api
        self._snapshot = snapshot
        self._stage = stage
        self._variables: Mapping[str, str] = stage.get("StageVariables") or {}
        self._around = around
        self._backends = backends
        self._issuers = issuers
        self._authorizers: dict[str, LambdaAuthorizer] = {}

    def route(self, route: Members) -> LiveRoute:
        key = route["RouteKey"]
        document = self._snapshot.integrations.get(str(route.get("Target", "")).removeprefix("integrations/"))
        settings = self._stage["DefaultRouteSettings"] | (self._stage.get("RouteSettings") or {}).get(key, {})
        return LiveRoute(
            key=key,
            gates=(*self._throttle(key, settings), *self._authorization(route)),
            integration=self._integration(document, key) if document is not None else None,
            transform=ResponseTransform((document or {}).get("ResponseParameters") or {}),
            measured=bool(settings.get("DetailedMetricsEnabled")),
        )

    def _throttle(self, key: str, settings: Members) -> list[Gate]:
        if not self._around.throttles.enabled:
            return []
        rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
        limits = Limits(ACCOUNT.rate if rate is None else rate, ACCOUNT.burst if burst is None else burst)
        place = (self._api.id, self._stage["StageName"], key)
        return [ThrottleGate(self._around.throttles, place, None if rate is None and burst is None else limits)]

    def _authorization(self, route: Members) -> list[Gate]:
        kind, around = route["AuthorizationType"], self._around
        if kind == "NONE":
            return []
        if kind == "AWS_IAM":
            return [SignedCaller(around.credentials)]
        document = self._snapshot.authorizers[route["AuthorizerId"]]
        if kind == "JWT":
            return [JwtAuthorizer(document, route.get("AuthorizationScopes") or (), self._issuers, around.clock)]
        return [self._lambda_authorizer(document)]

    def _lambda_authorizer(self, document: Members) -> LambdaAuthorizer:
        """One for all routes of the stage, as its results are."""
        authorizer_id = document["AuthorizerId"]
        if authorizer_id not in self._authorizers:
            self._authorizers[authorizer_id] = LambdaAuthorizer(
                document,
                self._function(document["AuthorizerUri"]),
                self._api.execution_arn(f"authorizers/{authorizer_id}"),
                self._around.invoker,
                self._around.clock,
            )
        return self._authorizers[authorizer_id]

    def _integration(self, document: Members, route_key: str) -> Integration:
        if document.get("IntegrationSubtype"):
            return ServiceIntegration(document, self._api.scope, self._around.upstream, self._around.roles)
        if document["IntegrationType"] == "HTTP_PROXY":
            return HttpIntegration(document, self._filled(document["IntegrationUri"]), self._backends)
        method, _, path = route_key.partition(" ")
        place = DEFAULT if route_key == DEFAULT else f"{'{}' if method == 'ANY' else method}{path}"
        source_arn = self._api.execution_arn(f"{self._stage['StageName']}/{place}")
        return LambdaIntegration(document, self._function(document["IntegrationUri"]), source_arn, self._around.invoker)

    def _function(self, uri: str) -> str | None:
        """The ARN of the function that a URI names, stage variables put in."""
        found = _FUNCTION.fullmatch(self._filled(uri))
        return (found["invoked"] or found["plain"]) if found else None

    def _filled(self, text: str) -> str:
        return _STAGE_VARIABLE.sub(lambda found: self._variables.get(found[1], ""), text)
