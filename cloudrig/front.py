"""What stands before all services of a rig: who may ask, whom, and that those who watch hear of it.

In this order: pages of elsewhere are turned away; the body is read, as far as whoever it goes to takes one; a rehearsal
checks signature and permissions; then a data plane, a service of the engine or the upstream answers.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp.web import BaseRequest, StreamResponse

from cloudrig.engine.credentials import Credentials, signature_scope
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.router import OperationRoute, PlaneRoute, Router, is_foreign
from cloudrig.engine.server import read_body
from cloudrig.engine.wire import error_response, needs_no_signature
from cloudrig.services.access.gate import Gate
from cloudrig.services.access.ledger import Ledger
from cloudrig.services.cloudfront.plane import Edge
from cloudrig.services.cognito import cors
from cloudrig.services.site.website import Websites
from cloudrig.services.upstream.refused import refusal

UPSTREAM_MAX_BODY_BYTES = 512 * 1024 * 1024
_FOREIGN = b"A web page of elsewhere may call deployed APIs, sites and user pools of a rig, and nothing else.\n"
_TOO_LONG = b"cloudrig holds requests for its upstream in memory, and this one is too long.\n"
_COUNTED = {Websites: "site.request", Edge: "cloudfront.request"}
"""Planes whose requests are billed → the event that tells of one."""


class Front:
    """Answers every request of one rig."""

    def __init__(
        self,
        router: Router,
        upstream: Upstream,
        credentials: Credentials,
        events: Events,
        *,
        public: frozenset[object],
        ledger: Ledger,
        gate: Gate | None,
        refusing: bool,
        passed_on: Callable[[str, Request], None],
    ) -> None:
        """
        Args:
            public: planes and services that pages of any origin may call, as on AWS.
            gate: of a rehearsal.
            refusing: whether services that would mislead in the upstream are refused (see `services.upstream.refused`).
            passed_on: is told of each signed request that the upstream has answered, and its service.
        """
        self._router = router
        self._upstream = upstream
        self._credentials = credentials
        self._events = events
        self._public = public
        self._ledger = ledger
        self._gate = gate
        self._refusing = refusing
        self._passed_on = passed_on

    async def answer(self, request: Request, raw: BaseRequest) -> Response | StreamResponse:
        """Implements `engine.server.Handler`."""
        signed = signature_scope(request.headers, request.query)
        service = signed.service if signed else ""
        request.caller = self._credentials.caller(signed)
        route = self._router.route(request, signed)
        if not isinstance(route, PlaneRoute) and cors.is_preflight(request):
            return cors.preflight(request)
        if is_foreign(request) and not self._is_public(route):
            return Response(403, _FOREIGN)
        limit = route.max_body_bytes if route is not None else UPSTREAM_MAX_BODY_BYTES
        request.body = await read_body(raw, limit)
        is_whole = len(request.body) <= limit
        operation = route.operation if isinstance(route, OperationRoute) else None
        if self._gate is not None and is_whole:
            denied = await self._gate.refuse(request, operation, public=isinstance(route, PlaneRoute))
            if denied is not None:
                return denied
        if self._ledger.recording:
            await self._ledger.note(request, service, operation)
        if isinstance(route, PlaneRoute):
            return await self._serve(request, raw, route)
        if route is not None:
            return await route.service.call(route.operation, request)
        return await self._pass_on(request, service) if is_whole else Response(413, _TOO_LONG)

    def _is_public(self, route: PlaneRoute | OperationRoute | None) -> bool:
        if isinstance(route, PlaneRoute):
            return route.plane in self._public
        return (
            route is not None and route.service in self._public and needs_no_signature("cognito-idp", route.operation)
        )

    async def _serve(self, request: Request, raw: BaseRequest, route: PlaneRoute) -> Response | StreamResponse:
        """By a data plane."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await route.plane.upgrade(raw, request, route.mounted)
        response = await route.plane.serve(request, route.mounted)
        if self._events.listening and (kind := _COUNTED.get(type(route.plane), "")):
            missed = response.headers.get("X-Cache", "").startswith("Miss")
            self._events.emit(kind, response_bytes=len(response.body), missed=missed)
        return response

    async def _pass_on(self, request: Request, service: str) -> Response:
        """By the upstream. `service` is the signing name, empty for what is not signed."""
        refused = refusal(service) if self._refusing else None
        if refused is not None:
            return error_response(refused, _protocol(request))
        try:
            answer = await self._upstream.forward(request)
            if service:
                self._passed_on(service, request)
            if self._events.listening:
                self._report(request, service, answer)
            return answer
        except UpstreamUnavailable as error:
            return error_response(error, _protocol(request))
        finally:
            if self._gate is not None and service:
                self._gate.passed_on(request, service)

    def _report(self, request: Request, service: str, answer: Response) -> None:
        self._events.emit(
            "upstream.request",
            service=service,
            operation=request.headers.get("X-Amz-Target", "").rpartition(".")[2],
            method=request.method,
            path=request.path,
            query=request.query,
            status=answer.status,
            response_bytes=len(answer.body),
        )


def _protocol(request: Request) -> str:
    """The protocol of a request to a service the engine has no model for, to answer an error in."""
    if "X-Amz-Target" in request.headers:
        return "json"
    form = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    return "query" if form else "rest-xml"
