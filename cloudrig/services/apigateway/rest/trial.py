"""`TestInvokeMethod`: a method tried out as it is now, without a deployment, keys or authorization.

Sources: https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html, AG `how-to-test-method.html`;
answers and logs recorded on AWS in LocalStack's snapshots.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members, Request, Response
from cloudrig.engine.wire import Operation
from cloudrig.services.apigateway.errors import NotFoundException
from cloudrig.services.apigateway.execution_logs import Kind, Trace
from cloudrig.services.apigateway.rest.answers import GatewayError, gateway_response
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.observing import trace_end, trace_execution
from cloudrig.services.apigateway.rest.routes import Compiler, LiveStage, compile_stage
from cloudrig.services.apigateway.rest.state import Deployment, RestApi, RestState, Stage

STAGE = "test-invoke-stage"
SOURCE_IP = "test-invoke-source-ip"


class TrialControl:
    """The operation."""

    def __init__(self, state: RestState, clock: Clock, compiler: Compiler) -> None:
        self._state = state
        self._clock = clock
        self._compiler = compiler
        self.operations: Mapping[str, Operation] = {"TestInvokeMethod": self.test_invoke_method}

    async def test_invoke_method(self, caller: Caller, members: Members) -> Members:
        """What the method answers to `pathWithQueryString`, `body` and `headers`, how long it took, and its log.

        A path that is not the resource's gives no path parameters. Nothing is added to the headers.

        Raises:
            NotFoundException: no such resource or method.
            BadRequestException: no integration.
        """
        resource = self._state.resource(caller.scope, members["restApiId"], members["resourceId"])
        method = resource.method(members["httpMethod"])
        if method.integration is None:
            raise NotFoundException("No integration defined for method")
        api = self._state.api(caller.scope, members["restApiId"])
        stage = self._stage(api, members.get("stageVariables") or {})
        call = self._call(stage, members, resource.path)
        started = time.perf_counter()
        response, trace = await _answer(call)
        latency_ms = round((time.perf_counter() - started) * 1000)
        return {
            "status": response.status,
            "body": response.body.decode("utf-8", "replace"),
            "headers": dict(response.headers),
            "multiValueHeaders": {name: response.headers.getall(name) for name in response.headers},
            "log": self._log(call, trace),
            "latency": latency_ms,
        }

    def _stage(self, api: RestApi, variables: dict[str, str]) -> LiveStage:
        """The API as it is now, on a stage of the trial's own."""
        deployment = Deployment("", self._clock.utc(), api.snapshot(), {})
        document: Members = {"stageName": STAGE, "variables": variables}
        return compile_stage(Stage(document, deployment), "testPrefix.testDomainName", self._compiler)

    def _call(self, stage: LiveStage, members: Members, resource_path: str) -> Call:
        path, _, query = (members.get("pathWithQueryString") or resource_path).partition("?")
        path = "/" + path.lstrip("/")
        given = [(name, value) for name, values in (members.get("multiValueHeaders") or {}).items() for value in values]
        headers: CIMultiDict[str] = CIMultiDict([*(members.get("headers") or {}).items(), *given])
        body = (members.get("body") or "").encode()
        request = Request(members["httpMethod"], path, query, CIMultiDictProxy(headers), body, client_ip=SOURCE_IP)
        call = Call(request, stage, path, path, self._clock.now())
        call.endpoint, call.path_parameters = stage.endpoint(request.method, resource_path, path)
        call.show_headers(headers)
        return call

    def _log(self, call: Call, trace: Trace) -> str:
        """As the console shows it: a line per step, with the time of the call."""
        at = self._clock.utc().strftime("%a %b %d %H:%M:%S UTC %Y")
        lines = [line.partition(") ")[2] for line in trace.lines(Kind.DATA)]
        return "\n".join([f"Execution log for request {call.request_id}", *(f"{at} : {line}" for line in lines), ""])


async def _answer(call: Call) -> tuple[Response, Trace]:
    assert call.endpoint is not None
    call.trace = trace = Trace(call.request_id)
    trace_execution(call, trace)
    started = time.perf_counter()
    try:
        response = await call.endpoint.integration.answer(call)
    except GatewayError as error:
        call.error = error
        response = gateway_response(call, error)
        del response.headers["Content-Type"]  # recorded: a trial's failure names none
    call.latency_ms = (time.perf_counter() - started) * 1000
    trace_end(call, trace, response)
    return response, trace
