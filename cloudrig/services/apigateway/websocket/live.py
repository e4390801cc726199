"""What the WebSocket data plane serves: a deployment's snapshot bound to a stage.

Everything that can be worked out before a message arrives is worked out here: expressions compiled, stage variables
put in, source ARNs written. A `LiveStage` lives as long as its stage; `serve` gives it another snapshot, and open
connections follow, as on AWS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.v2.mock import MockIntegration, mock_integration
from cloudrig.services.apigateway.v2.models import RequestModels, compile_schema
from cloudrig.services.apigateway.v2.selection import Expression, compile_expression
from cloudrig.services.apigateway.v2.state import Api, Snapshot
from cloudrig.services.apigateway.websocket.authorizers import PRINCIPAL, LiveAuthorizer, identity_source

CONNECT, DISCONNECT, DEFAULT = "$connect", "$disconnect", "$default"

_LAMBDA_URI = re.compile(
    r"arn:aws[\w-]*:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(?P<function>.+)/invocations"
)
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


@dataclass(frozen=True, slots=True)
class LambdaIntegration:
    """AWS_PROXY: the function to invoke, as whom, and how long its answer is waited for.

    `principal` is None where the integration has a role of its own: the function's policy does not matter then.
    """

    function_arn: str
    timeout_s: float
    principal: str | None = PRINCIPAL


@dataclass(frozen=True, slots=True)
class LiveRoute:
    """One route of a stage. `integration` is None where its target is missing or its URI leads nowhere.

    `responds`: the integration's answer goes back to the client. `source_arn` is what the function's policy must allow,
    and the `methodArn` of an authorizer. `signed`: the handshake must be signed (AWS_IAM). `models`: what messages must
    look like.
    """

    key: str
    integration: LambdaIntegration | MockIntegration | None
    responds: bool
    source_arn: str
    authorizer: LiveAuthorizer | None = None
    signed: bool = False
    models: RequestModels | None = None


@dataclass(slots=True)
class LiveStage:
    """A stage as clients meet it. `deployed` is False until a deployment has been put on it."""

    api_id: str
    name: str
    scope: Scope
    variables: Mapping[str, str] = field(default_factory=dict)
    routes: Mapping[str, LiveRoute] = field(default_factory=dict)
    selection: Expression = field(default_factory=lambda: compile_expression(""))
    deployed: bool = False
    endpoint_disabled: bool = False

    def serve(self, api: Api, snapshot: Snapshot | None, stage: Members) -> None:
        """Bind a snapshot to the stage's settings of now."""
        self.variables = stage.get("StageVariables") or {}
        self.deployed = snapshot is not None
        if snapshot is not None:
            self.selection = compile_expression(snapshot.api["RouteSelectionExpression"])
            self.endpoint_disabled = bool(snapshot.api.get("DisableExecuteApiEndpoint"))
            self.routes = {route["RouteKey"]: self._bind(api, snapshot, route) for route in snapshot.routes.values()}

    def select(self, body: Any) -> LiveRoute | None:
        """The route of a message: its key's, `$default`'s, or None. Keys with a `$` are never reached by a message."""
        key = self.selection.evaluate({"request.body": body})
        route = None if key.startswith("$") else self.routes.get(key)
        return route or self.routes.get(DEFAULT)

    def _bind(self, api: Api, snapshot: Snapshot, route: Members) -> LiveRoute:
        integration_id = str(route.get("Target", "")).removeprefix("integrations/")
        integration = snapshot.integrations.get(integration_id)
        responses = snapshot.integration_responses.get(integration_id, ())
        return LiveRoute(
            key=route["RouteKey"],
            integration=self._integration(integration, responses) if integration else None,
            responds=bool(route.get("RouteResponseSelectionExpression"))
            and route["RouteId"] in snapshot.route_responses,
            source_arn=api.execution_arn(f"{self.name}/{route['RouteKey']}"),
            authorizer=self._authorizer(api, snapshot, route),
            signed=route["AuthorizationType"] == "AWS_IAM",
            models=_models(snapshot, route),
        )

    def _authorizer(self, api: Api, snapshot: Snapshot, route: Members) -> LiveAuthorizer | None:
        if route["AuthorizationType"] != "CUSTOM":
            return None
        authorizer = snapshot.authorizers[route["AuthorizerId"]]
        return LiveAuthorizer(
            function_arn=self.function_arn(authorizer["AuthorizerUri"]),
            source_arn=api.execution_arn(f"authorizers/{authorizer['AuthorizerId']}"),
            principal=_principal(authorizer.get("AuthorizerCredentialsArn")),
            identity=tuple(identity_source(text) for text in authorizer.get("IdentitySource") or ()),
        )

    def _integration(
        self, integration: Members, responses: tuple[Members, ...]
    ) -> LambdaIntegration | MockIntegration | None:
        if integration["IntegrationType"] == "MOCK":
            return mock_integration(integration, responses)
        function_arn = self.function_arn(integration.get("IntegrationUri", ""))
        if function_arn is None:
            return None
        principal = _principal(integration.get("CredentialsArn"))
        return LambdaIntegration(function_arn, integration["TimeoutInMillis"] / 1000, principal)

    def function_arn(self, uri: str) -> str | None:
        """The function of an integration or authorizer URI, stage variables put in; None where there is none."""
        found = _LAMBDA_URI.fullmatch(_STAGE_VARIABLE.sub(lambda match: self.variables.get(match[1], ""), uri))
        return found["function"] if found else None


def _models(snapshot: Snapshot, route: Members) -> RequestModels | None:
    """Models deleted since are as if they had not been named."""
    schemas = {model["Name"]: model["Schema"] for model in snapshot.models.values()}
    named = (route.get("RequestModels") or {}).items()
    validators = {key: compile_schema(schemas[name]) for key, name in named if name in schemas}
    expression = route.get("ModelSelectionExpression") or DEFAULT
    return RequestModels(compile_expression(expression), validators) if validators else None


def _principal(credentials_arn: str | None) -> str | None:
    return None if credentials_arn else PRINCIPAL


def is_lambda_uri(uri: str) -> bool:
    return _LAMBDA_URI.fullmatch(uri) is not None
