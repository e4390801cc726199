"""REST APIs (API Gateway v1): the operations of the control plane, and the data plane."""

from __future__ import annotations

import time
from collections.abc import Mapping

from cloudrig.engine import names
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Members, Request, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.domains.state import Mapped
from cloudrig.services.apigateway.forwarding import MAX_PAYLOAD_BYTES
from cloudrig.services.apigateway.rest.access import check_method
from cloudrig.services.apigateway.rest.answers import (
    GatewayError,
    gateway_response,
    plain_error,
    request_too_large,
)
from cloudrig.services.apigateway.rest.authorizers import AuthorizerControl
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.client_certificates import (
    ClientCertificateControl,
    find_certificate,
)
from cloudrig.services.apigateway.rest.compression import compress, decompressed
from cloudrig.services.apigateway.rest.control import RestApiControl
from cloudrig.services.apigateway.rest.definitions import DefinitionControl
from cloudrig.services.apigateway.rest.deployments import DeploymentControl
from cloudrig.services.apigateway.rest.documentation import DocumentationControl
from cloudrig.services.apigateway.rest.gateway_responses import GatewayResponseControl
from cloudrig.services.apigateway.rest.integrations import IntegrationControl
from cloudrig.services.apigateway.rest.key_import import KeyImport
from cloudrig.services.apigateway.rest.keys import KeyControl, StageCheck
from cloudrig.services.apigateway.rest.models import ModelControl
from cloudrig.services.apigateway.rest.observing import observe, trace_beginning, trace_execution
from cloudrig.services.apigateway.rest.resources import ResourceControl
from cloudrig.services.apigateway.rest.stages import LiveStages
from cloudrig.services.apigateway.rest.state import ClientCertificate, RestState
from cloudrig.services.apigateway.rest.trial import TrialControl
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.usage import ApiKeys


class RestApis:
    """All REST APIs of a rig."""

    def __init__(self, around: Surroundings, other_stages: StageCheck) -> None:
        """`other_stages` tells whether an API of another kind has a stage, for usage plans to name."""
        self._clock = clock = around.clock
        self._events = around.events
        self._metrics = around.metrics
        self._state = state = RestState()
        self.keys = ApiKeys(clock, state.account)
        self._stages = LiveStages(state, around, self.keys)
        key_operations = KeyControl(state, clock, self.keys, other_stages).operations
        self.operations: Mapping[str, Operation] = {
            **RestApiControl(state, clock).operations,
            **_definition_operations(state),
            **DefinitionControl(state, clock, _definition_operations).operations,
            **DeploymentControl(state, clock).operations,
            **key_operations,
            **KeyImport(key_operations).operations,
            **DocumentationControl(state, clock).operations,
            **ClientCertificateControl(state, clock).operations,
            **TrialControl(state, clock, self._stages).operations,
        }

    def account_settings(self, scope: Scope) -> Members:
        """What UpdateAccount has set (`cloudwatchRoleArn`)."""
        return self._state.account(scope).settings

    def client_certificate(self, scope: Scope, certificate_id: str) -> ClientCertificate:
        """Raises NotFoundException."""
        return find_certificate(self._state, scope, certificate_id)

    def has_stage(self, scope: Scope, api_id: str, stage: str) -> bool:
        """Whether an account has a REST API with a stage."""
        api = self._state.account(scope).apis.get(api_id)
        return api is not None and stage in api.stages

    def has(self, api_id: str) -> bool:
        """Whether an id is that of a REST API."""
        return self._state.find(api_id) is not None

    async def close(self) -> None:
        """Close the connections to HTTP back ends."""
        await self._stages.close()

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        """Answer a request to a deployed API: `mounted.key` is its id, `mounted.path` is `/{stage}/…`."""
        started = time.perf_counter()
        stage_name, _, rest = mounted.path[1:].partition("/")
        custom = isinstance(mounted, Mapped)
        stage = self._stages.find(mounted.key, stage_name, custom_domain=custom)
        if stage is None:
            return _finished(plain_error(403, "Forbidden", "ForbiddenException"))
        # AWS drops further slashes before the first segment, though `requestContext.path` keeps them
        call = Call(request, stage, "/" + rest.lstrip("/"), mounted.path, self._clock.now())
        if isinstance(mounted, Mapped):
            call.come_by_domain(mounted.host, f"{mounted.base}{call.path}")
        try:
            response = await self._answer(call)
        except GatewayError as error:
            call.error = error
            response = gateway_response(call, error)
        took_s = time.perf_counter() - started
        observe(call, response, took_s, self._metrics)
        if self._events.listening:
            self._emit(call, response, took_s)
        return _finished(response, call)

    async def _answer(self, call: Call) -> Response:
        request = call.request
        if len(request.body) > MAX_PAYLOAD_BYTES:
            raise request_too_large()
        coding = request.headers.get("Content-Encoding")
        if coding is not None:
            request.body = decompressed(request.body, coding)
        found = call.stage.match(request.method, call.path)
        if found is None:
            raise GatewayError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        call.endpoint, call.path_parameters = found
        for gate in call.endpoint.gates:
            await gate.admit(call)
        call.trace = call.endpoint.detail.trace(call.request_id)
        if call.trace is not None:
            trace_beginning(call, call.trace)
            trace_execution(call, call.trace)
        started = time.perf_counter()
        try:
            response = await call.endpoint.integration.answer(call)
        finally:
            call.latency_ms = (time.perf_counter() - started) * 1000
        if call.stage.compressed_from is not None:
            compress(response, request.headers.get("Accept-Encoding", ""), call.stage.compressed_from)
        return response

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
            protocol="REST",
            request_bytes=len(call.request.body),
            response_bytes=len(response.body),
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
