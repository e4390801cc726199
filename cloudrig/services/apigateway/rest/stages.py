"""The stages that can be reached, compiled when a request first needs them and again when they changed."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from cloudrig.services.apigateway.aws_services import aws_endpoint
from cloudrig.services.apigateway.backends import HttpBackends
from cloudrig.services.apigateway.observation import Observation, observe
from cloudrig.services.apigateway.rest.access import Access
from cloudrig.services.apigateway.rest.canary import drawn
from cloudrig.services.apigateway.rest.http import HttpIntegration
from cloudrig.services.apigateway.rest.lambda_custom import LambdaCustom
from cloudrig.services.apigateway.rest.lambda_proxy import LambdaProxy, Target, with_stage_variables
from cloudrig.services.apigateway.rest.mappings import breaks_requests
from cloudrig.services.apigateway.rest.mock import Broken, Mock
from cloudrig.services.apigateway.rest.routes import Gate, Integration, LiveStage, compile_stage
from cloudrig.services.apigateway.rest.state import Method, RestState, Stage
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.usage import ApiKeys


class LiveStages:
    """All stages of a rig's REST APIs as the data plane uses them. Implements `routes.Compiler`."""

    def __init__(self, state: RestState, around: Surroundings, keys: ApiKeys) -> None:
        self._state = state
        self._invoker = around.invoker
        self._roles = around.roles
        self._logs = around.logs
        self._addresses = around.addresses
        self._access = Access(around, keys)
        self._compiled: WeakKeyDictionary[Stage, LiveStage] = WeakKeyDictionary()
        self._http = HttpBackends()

    def find(self, api_id: str, name: str, *, custom_domain: bool) -> LiveStage | None:
        """None: no such API or stage, or one deployed with `disableExecuteApiEndpoint`, without a domain of its own."""
        api = self._state.find(api_id)
        stage = api.stages.get(name) if api is not None else None
        if stage is None or (stage.deployment.api.document["disableExecuteApiEndpoint"] and not custom_domain):
            return None
        stage = drawn(stage)
        live = self._compiled.get(stage)
        if live is None or not live.current(stage):
            domain_name = self._addresses.api_host(api_id, stage.deployment.api.scope.region)
            live = self._compiled[stage] = compile_stage(stage, domain_name, self)
        return live

    def integration(self, method: Method, resource_path: str, stage: LiveStage) -> Integration:
        document = method.integration.document if method.integration else {}
        if document["type"] == "MOCK":
            return Mock(method)
        if breaks_requests(document):
            return Broken()
        uri = with_stage_variables(document["uri"], stage.variables)
        if document["type"].startswith("HTTP"):
            return HttpIntegration(method, uri, self._http)
        service = aws_endpoint(uri, stage.account, document.get("requestParameters"))
        source = stage.api.scope.arn("execute-api", f"{stage.api_id}/{stage.name}/{{}}{resource_path}")
        target = Target(document, stage.variables, source, self._invoker)
        if service is not None:
            function = target if service.invokes else None
            return HttpIntegration(
                method, f"{self._addresses.url}{service.path}", self._http, service, function, self._roles
            )
        return LambdaProxy(target) if document["type"] == "AWS_PROXY" else LambdaCustom(method, target)

    def gates(self, method: Method, resource_path: str, stage: LiveStage) -> tuple[Gate, ...]:
        return self._access.gates(method, resource_path, stage)

    def observation(self, stage: Stage) -> Observation:
        api = stage.deployment.api
        key = f"{api.id}/{stage.name}"
        dimensions = (("ApiName", api.document["name"]), ("Stage", stage.name))
        access = stage.document.get("accessLogSettings")
        return observe(self._logs, api.scope, key, access, f"API-Gateway-Execution-Logs_{key}", dimensions)

    async def close(self) -> None:
        """Close the connections to HTTP back ends."""
        await self._http.close()
