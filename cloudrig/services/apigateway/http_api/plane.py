"""The data plane of HTTP APIs: from a request to its stage, its route, what stands behind it, and back.

Sources: AG `http-api-develop-routes.html`, `http-api-stages.html`, `http-api-cors.html`.
"""

from __future__ import annotations

import time

from cloudrig.engine import names
from cloudrig.engine.interfaces import Mounted
from cloudrig.engine.messages import Request, Response
from cloudrig.services.apigateway.domains.state import Mapped
from cloudrig.services.apigateway.forwarding import MAX_PAYLOAD_BYTES
from cloudrig.services.apigateway.http_api.call import REQUEST_KIND, Call
from cloudrig.services.apigateway.http_api.cors import PREFLIGHT_STATUS, is_preflight
from cloudrig.services.apigateway.http_api.errors import Refused, internal_error, not_found, too_large
from cloudrig.services.apigateway.http_api.live import LiveRoute, LiveStage, LiveStages
from cloudrig.services.apigateway.http_api.observing import observe
from cloudrig.services.apigateway.http_api.routes import DEFAULT
from cloudrig.services.apigateway.surroundings import Surroundings


class HttpApis:
    """All HTTP APIs of a rig."""

    def __init__(self, around: Surroundings) -> None:
        self._clock = around.clock
        self._events = around.events
        self._metrics = around.metrics
        self.stages = LiveStages(around)

    async def close(self) -> None:
        """Close the connections to HTTP back ends."""
        await self.stages.close()

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        """Answer a request: `mounted.key` is the API, `mounted.path` is `/{stage}/…`, or what `$default` serves."""
        started = time.perf_counter()
        call = self._call(request, mounted)
        if call is None:
            return _identified(not_found().response(), names.extended_id(REQUEST_KIND))
        try:
            response = await self._answer(call)
        except Refused as error:
            call.error = error
            response = error.response()
        if call.stage.cors is not None:
            call.stage.cors.apply(request, response)
        took_s = time.perf_counter() - started
        observe(call, response, took_s, self._metrics)
        if self._events.listening:
            self._emit(call, response, took_s)
        return _identified(response, call.request_id)

    def _call(self, request: Request, mounted: Mounted) -> Call | None:
        """The request at its stage: the one its path begins with, else `$default`. None where there is none."""
        name, slash, rest = mounted.path[1:].partition("/")
        now = self._clock.now()
        if isinstance(mounted, Mapped):
            mapped = self.stages.find(mounted.key, name)
            if mapped is None:
                return None
            call = Call(request, mapped, slash + rest or "/", mounted.base + slash + rest or "/", now)
            call.domain_name = mounted.host
            return call
        stage, path = self._located(mounted, name, slash + rest)
        if stage is None or stage.endpoint_disabled:
            return None
        return Call(request, stage, path, mounted.path or "/", now)

    def _located(self, mounted: Mounted, name: str, rest: str) -> tuple[LiveStage | None, str]:
        stage = self.stages.find(mounted.key, name) if name != DEFAULT else None
        if stage is not None:
            return stage, rest or "/"
        return self.stages.find(mounted.key, DEFAULT), mounted.path or "/"

    async def _answer(self, call: Call) -> Response:
        request, cors = call.request, call.stage.cors
        if len(request.body) > MAX_PAYLOAD_BYTES:
            raise too_large()
        route = self._route(call)
        if route is None and request.method == "OPTIONS" and cors is not None:
            return cors.preflight(request) if is_preflight(request) else Response(PREFLIGHT_STATUS)
        if route is None:
            raise not_found()
        for gate in route.gates:
            await gate.admit(call)
        if cors is not None and is_preflight(request):
            return cors.preflight(request)
        return await self._integrate(call, route)

    def _route(self, call: Call) -> LiveRoute | None:
        found = call.stage.routes.match(call.request.method, call.path)
        if found is None:
            return None
        call.route, call.path_parameters = found
        return call.route

    async def _integrate(self, call: Call, route: LiveRoute) -> Response:
        if route.integration is None:
            raise internal_error("the route has no integration")  # unverified
        started = time.perf_counter()
        try:
            response = await route.integration.answer(call)
        finally:
            call.latency_ms = (time.perf_counter() - started) * 1000
        return route.transform.apply(call, response)

    def _emit(self, call: Call, response: Response, took_s: float) -> None:
        self._events.emit(
            "apigateway.request",
            api_id=call.stage.api_id,
            stage=call.stage.name,
            method=call.request.method,
            resource=call.resource,
            status=response.status,
            request_id=call.request_id,
            duration_ms=took_s * 1000,
            protocol="HTTP",
            request_bytes=len(call.request.body),
            response_bytes=len(response.body),
        )


def _identified(response: Response, request_id: str) -> Response:
    """Add the header that every answer bears."""
    response.headers["Apigw-Requestid"] = request_id
    return response
