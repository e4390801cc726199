"""REST APIs (API Gateway v1): the operations of the control plane, and the data plane."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from aiohttp import ClientSession, DummyCookieJar

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invoker, Mounted
from cloudrig.engine.messages import Addresses, Request, Response
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.control_v1 import RestApiControl
from cloudrig.services.apigateway.rest_access import Access, check_method
from cloudrig.services.apigateway.rest_answers import GatewayError, gateway_response, plain_error
from cloudrig.services.apigateway.rest_authorizers import AuthorizerControl
from cloudrig.services.apigateway.rest_call import Call
from cloudrig.services.apigateway.rest_deployments import DeploymentControl
from cloudrig.services.apigateway.rest_gateway_responses import GatewayResponseControl
from cloudrig.services.apigateway.rest_http import HttpIntegration
from cloudrig.services.apigateway.rest_imports import ImportControl
from cloudrig.services.apigateway.rest_integrations import IntegrationControl
from cloudrig.services.apigateway.rest_keys import KeyControl
from cloudrig.services.apigateway.rest_lambda import LambdaProxy, Target
from cloudrig.services.apigateway.rest_lambda_custom import LambdaCustom
from cloudrig.services.apigateway.rest_mock import Mock
from cloudrig.services.apigateway.rest_models import ModelControl
from cloudrig.services.apigateway.rest_resources import ResourceControl
from cloudrig.services.apigateway.rest_routes import Gate, Integration, LiveStage, compile_stage
from cloudrig.services.apigateway.state_v1 import Method, RestState, Stage

MAX_PAYLOAD_BYTES = 10 * 1024 * 1024


class RestApis:
    """All REST APIs of a rig."""

    def __init__(self, clock: Clock, events: Events, invoker: Invoker, addresses: Addresses) -> None:
        self._clock = clock
        self._events = events
        self._invoker = invoker
        self._session: ClientSession | None = None
        self._access = Access(invoker, clock)
        self._tls_port = urlsplit(addresses.tls_url).port
        self._state = state = RestState()
        self._live: WeakKeyDictionary[Stage, LiveStage] = WeakKeyDictionary()
        self.operations: Mapping[str, Operation] = {
            **RestApiControl(state, clock).operations,
            **_definition_operations(state),
            **ImportControl(state, clock, _definition_operations).operations,
            **DeploymentControl(state, clock).operations,
            **KeyControl(state, clock).operations,
        }

    def has(self, api_id: str) -> bool:
        """Whether an id is that of a REST API."""
        return self._state.find(api_id) is not None

    async def close(self) -> None:
        """Close the connections to HTTP back ends."""
        if self._session is not None:
            await self._session.close()

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        """Answer a request to a deployed API: `mounted.key` is its id, `mounted.path` is `/{stage}/…`."""
        started = time.perf_counter()
        stage_name, _, rest = mounted.path[1:].partition("/")
        stage = self._stage(mounted.key, stage_name)
        if stage is None:
            return _finished(plain_error(403, "Forbidden", "ForbiddenException"))
        # AWS drops further slashes before the first segment, though `requestContext.path` keeps them
        call = Call(request, stage, "/" + rest.lstrip("/"), mounted.path, self._clock.now())
        try:
            response = await self._answer(call)
        except GatewayError as error:
            response = gateway_response(call, error)
        if self._events.listening:
            self._emit(call, response, time.perf_counter() - started)
        return _finished(response, call)

    async def _answer(self, call: Call) -> Response:
        request = call.request
        if len(request.body) > MAX_PAYLOAD_BYTES:
            raise GatewayError("REQUEST_TOO_LARGE", "Request Too Long")
        found = call.stage.match(request.method, call.path)
        if found is None:
            raise GatewayError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        call.endpoint, call.path_parameters = found
        for gate in call.endpoint.gates:
            await gate.admit(call)
        return await call.endpoint.integration.answer(call)

    def _stage(self, api_id: str, name: str) -> LiveStage | None:
        """The compiled stage, made anew when it changed; None when there is none to be reached."""
        api = self._state.find(api_id)
        stage = api.stages.get(name) if api is not None else None
        if stage is None or stage.deployment.api.document["disableExecuteApiEndpoint"]:
            return None
        live = self._live.get(stage)
        if live is None or not live.current(stage):
            domain_name = f"{api_id}.execute-api.localhost:{self._tls_port}"
            live = self._live[stage] = compile_stage(stage, domain_name, self)
        return live

    def integration(self, method: Method, resource_path: str, stage: LiveStage) -> Integration:
        """Implements `rest_routes.Compiler`."""
        document = method.integration.document if method.integration else {}
        if document["type"] == "MOCK":
            return Mock(method)
        if document["type"].startswith("HTTP"):
            return HttpIntegration(method, stage.variables, self._http_session)
        source = stage.api.scope.arn("execute-api", f"{stage.api_id}/{stage.name}/{{}}{resource_path}")
        target = Target(document, stage.variables, source, self._invoker)
        return LambdaProxy(target) if document["type"] == "AWS_PROXY" else LambdaCustom(method, target)

    def gates(self, method: Method, resource_path: str, stage: LiveStage) -> tuple[Gate, ...]:
        """Implements `rest_routes.Compiler`."""
        return self._access.gates(method, resource_path, stage, self._state.account(stage.api.scope))

    def _http_session(self) -> ClientSession:
        """The client of HTTP integrations, made when the first one needs it."""
        if self._session is None or self._session.closed:
            self._session = ClientSession(auto_decompress=False, cookie_jar=DummyCookieJar())
        return self._session

    def _emit(self, call: Call, response: Response, took_s: float) -> None:
        self._events.emit(
            "apigateway.request",
            api_id=call.stage.api_id,
            stage=call.stage.name,
            method=call.request.method,
            resource=call.endpoint.resource_path if call.endpoint else None,
            status=response.status,
            request_id=call.request_id,
            duration_ms=took_s * 1000,
        )


def _definition_operations(state: RestState) -> Mapping[str, Operation]:
    """The operations on what a deployment copies."""
    return {
        **ResourceControl(state, check_method).operations,
        **IntegrationControl(state).operations,
        **GatewayResponseControl(state).operations,
        **AuthorizerControl(state).operations,
        **ModelControl(state).operations,
    }


def _finished(response: Response, call: Call | None = None) -> Response:
    """Add the headers that every answer bears."""
    response.headers["x-amzn-RequestId"] = call.request_id if call else names.request_id()
    response.headers["x-amz-apigw-id"] = call.extended_request_id if call else names.extended_id("F")
    return response
