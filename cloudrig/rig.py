"""A whole rig: every service built, wired to the others and served on one address.

    async with Rig(Config(data_dir=folder, port=0)) as rig:
        client = boto3.client("lambda", endpoint_url=rig.addresses.url, …)

All state hangs on the `Rig` object, so two rigs in one process share nothing.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from importlib.metadata import version
from types import TracebackType
from typing import Protocol

from aiohttp.web import BaseRequest, StreamResponse

from cloudrig.engine.admin import Admin
from cloudrig.engine.clock import Clock
from cloudrig.engine.config import Config
from cloudrig.engine.credentials import Credentials, signature_scope
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import DataPlane, Service, StreamReader
from cloudrig.engine.messages import Addresses, Request, Response
from cloudrig.engine.processes import Processes
from cloudrig.engine.router import OperationRoute, PlaneRoute, RestService, Router, is_foreign
from cloudrig.engine.server import Server, read_body
from cloudrig.engine.tls import ensure_certificates
from cloudrig.engine.usage import usage
from cloudrig.engine.wire import error_response, needs_no_signature
from cloudrig.metering import Meter, stored_gb
from cloudrig.rehearsal import rehearsed
from cloudrig.services.access.gate import Gate
from cloudrig.services.access.ledger import Ledger
from cloudrig.services.apigateway.metrics import Metrics
from cloudrig.services.apigateway.service import ApiGateway
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.throttling import Throttles
from cloudrig.services.apigateway.user_pools import UserPools
from cloudrig.services.cloudfront.plane import Edge
from cloudrig.services.cloudfront.service import CloudFront
from cloudrig.services.cognito import cors
from cloudrig.services.cognito.service import TARGET as COGNITO_TARGET
from cloudrig.services.cognito.service import Cognito
from cloudrig.services.cognito.well_known import WellKnown
from cloudrig.services.dynamodb.binary import find_binary
from cloudrig.services.dynamodb.service import DynamoDb
from cloudrig.services.lambda_.service import Lambda
from cloudrig.services.lambda_.upstream_functions import UpstreamFunctions
from cloudrig.services.site.website import Websites
from cloudrig.services.upstream.apis import UpstreamApis
from cloudrig.services.upstream.buckets import bucket_bytes
from cloudrig.services.upstream.kinesis import KinesisReader
from cloudrig.services.upstream.logs import CloudWatchLogs
from cloudrig.services.upstream.metrics import CloudWatchMetrics
from cloudrig.services.upstream.moto import Moto
from cloudrig.services.upstream.refused import refusal
from cloudrig.services.upstream.streams import PollingStreamReader
from cloudrig.services.upstream.upstream import HttpUpstream

UPSTREAM_MAX_BODY_BYTES = 512 * 1024 * 1024
_FOREIGN = b"A web page of elsewhere may call deployed APIs, sites and user pools of a rig, and nothing else.\n"

_COUNTED = {Websites: "site.request", Edge: "cloudfront.request"}
"""Planes whose requests are billed → the event that tells of one."""


class Rig:
    """An async context manager: entered, it answers; left, nothing of it is running.

    Entering raises PortTaken where a port is held by somebody else.
    """

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.events = Events(self.clock.now)
        self.credentials = Credentials(only_own=config.rehearsal)
        self._stack = AsyncExitStack()
        self.addresses: Addresses
        self._router: Router
        self._public: frozenset[object]
        """What pages of any origin may call, as on AWS."""
        self._upstream: HttpUpstream | Moto
        self._functions: Lambda
        self._gate: Gate | None = None

    async def __aenter__(self) -> Rig:
        async with AsyncExitStack() as stack:
            config = self.config
            server = Server(config.host, config.port, config.tls_port or 0)
            stack.push_async_callback(server.close)
            certificates = ensure_certificates(config.data_dir / "tls")
            host = "127.0.0.1" if config.host == "0.0.0.0" else config.host  # noqa: S104  compared, not bound
            tls = certificates.server_context()
            self.addresses = Addresses(
                f"http://{host}:{server.port}", f"https://{host}:{server.tls_port}", str(certificates.bundle)
            )
            if config.rehearsal:
                self.addresses = await stack.enter_async_context(
                    rehearsed(self.addresses, server, tls, self.credentials, config.data_dir)
                )
            processes = await stack.enter_async_context(Processes())
            await self._start_services(stack, processes)
            await server.start(self._answer, tls)
            stack.callback(server.stop_listening)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start_services(self, stack: AsyncExitStack, processes: Processes) -> None:
        """Build every service, start it, and have it closed in the reverse order."""
        config, clock, events = self.config, self.clock, self.events
        self._upstream = HttpUpstream(config.upstream) if config.upstream else Moto(processes)
        await _started(stack, self._upstream)
        self._gate = Gate(self.credentials, self._upstream, clock) if config.rehearsal else None
        self._ledger = Ledger(self._upstream, self.credentials)
        metrics = CloudWatchMetrics(clock, self._upstream)
        await _started(stack, metrics)
        logs = CloudWatchLogs(self._upstream, events, metrics)
        await _started(stack, logs)
        reader: StreamReader = PollingStreamReader(self._upstream, clock)
        targets: dict[str, Service] = {}
        binary, dynamodb = find_binary(), None
        if "dynamodb" in config.services and binary is not None:
            dynamodb = DynamoDb(binary, config.data_dir, processes, clock, events)
            await _started(stack, dynamodb)
            reader = dynamodb.reader
            targets = {"DynamoDB_20120810": dynamodb.tables, "DynamoDBStreams_20120810": dynamodb.streams}
        functions = self._functions = Lambda(
            data_dir=config.data_dir,
            processes=processes,
            clock=clock,
            events=events,
            credentials=self.credentials,
            addresses=self.addresses,
            logs=logs,
            metrics=metrics,
            streams=reader,
            kinesis=KinesisReader(self._upstream),
            upstream=self._upstream,
            freezes=config.freezing,
        )
        keeps_lambda = "lambda" in config.services
        if keeps_lambda:
            await _started(stack, functions)
        gateway = ApiGateway(
            Surroundings(
                clock=clock,
                events=events,
                invoker=functions if keeps_lambda else UpstreamFunctions(self._upstream),
                addresses=self.addresses,
                credentials=self.credentials,
                throttles=Throttles(clock, enabled=config.throttling),
                logs=logs,
                metrics=Metrics(metrics),
                user_pools=UserPools(self._upstream, clock),
                upstream=self._upstream,
            ),
            keeps_rest="apigateway" in config.services,
        )
        await _started(stack, gateway)
        kinds = {"apigatewayv2": gateway.v2, "apigateway": gateway.v1}
        rest: dict[str, list[RestService]] = {
            "lambda": [functions.table] if keeps_lambda else [],
            "apigateway": [table for name, table in kinds.items() if name in config.services],
        }
        cognito = Cognito(self._upstream, clock, events)
        cloudfront = CloudFront(self._upstream, clock)
        if not config.upstream:  # what else there may be knows better than moto
            targets[COGNITO_TARGET] = cognito
            rest["cloudfront"] = [cloudfront]
        meter = stack.enter_context(Meter(events, clock))

        async def stored() -> dict[str, float]:
            tables = await dynamodb.stored_bytes() if dynamodb is not None else (0, 0)
            return stored_gb(*tables, await bucket_bytes(self._upstream))

        async def read_meter() -> object:
            return meter.reading(await stored())

        async def restart_meter() -> object:
            return meter.restart(await stored())

        admin = Admin(
            clock,
            {"version": version("cloudrig"), "services": sorted(config.services)},
            {
                "usage": lambda: usage(processes.groups),
                "cognito/codes": cognito.codes.report,
                "meter": read_meter,
                "roles": self._ledger.report,
            },
            {"meter": restart_meter, "roles": self._ledger.restart},
        )
        sites = Websites(self._upstream)
        edge, pools = cloudfront.edge, WellKnown(self._upstream)
        others = UpstreamApis(self._upstream, gateway.plane.mount)  # asked where `gateway.plane` leaves an API alone
        self._public = frozenset({gateway.plane, others, functions.urls, sites, edge, pools, cognito})
        of_functions: list[DataPlane] = [functions.plane, functions.urls] if keeps_lambda else []
        planes: list[DataPlane] = [gateway.plane, others, *of_functions, sites, edge, pools, admin]
        self._router = Router(planes, targets, rest)

    async def _answer(self, request: Request, raw: BaseRequest) -> Response | StreamResponse:
        signed = signature_scope(request.headers, request.query)
        request.caller = self.credentials.caller(signed)
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
            await self._ledger.note(request, signed.service if signed else "", operation)
        if isinstance(route, PlaneRoute):
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await route.plane.upgrade(raw, request, route.mounted)
            response = await route.plane.serve(request, route.mounted)
            if self.events.listening and (kind := _COUNTED.get(type(route.plane), "")):
                missed = response.headers.get("X-Cache", "").startswith("Miss")
                self.events.emit(kind, response_bytes=len(response.body), missed=missed)
            return response
        if route is not None:
            return await route.service.call(route.operation, request)
        if not is_whole:
            return Response(413, b"cloudrig holds requests for its upstream in memory, and this one is too long.\n")
        refused = refusal(signed.service) if signed and self.config.services else None
        if refused is not None:
            return error_response(refused, _protocol(request))
        try:
            answer = await self._upstream.forward(request)
            if signed is not None:
                self._functions.passed_on(signed.service, request)
            if self.events.listening:
                self._report_upstream(request, signed.service if signed else "", answer)
            return answer
        except UpstreamUnavailable as error:
            return error_response(error, _protocol(request))
        finally:
            if self._gate is not None and signed is not None:
                self._gate.passed_on(request, signed.service)

    def _is_public(self, route: PlaneRoute | OperationRoute | None) -> bool:
        if isinstance(route, PlaneRoute):
            return route.plane in self._public
        return (
            route is not None and route.service in self._public and needs_no_signature("cognito-idp", route.operation)
        )

    def _report_upstream(self, request: Request, service: str, answer: Response) -> None:
        self.events.emit(
            "upstream.request",
            service=service,
            operation=request.headers.get("X-Amz-Target", "").rpartition(".")[2],
            method=request.method,
            path=request.path,
            query=request.query,
            status=answer.status,
            response_bytes=len(answer.body),
        )


class _Part(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...


async def _started(stack: AsyncExitStack, service: _Part) -> None:
    stack.push_async_callback(service.close)
    await service.start()


def _protocol(request: Request) -> str:
    """The protocol of a request to a service the engine has no model for, to answer an error in."""
    if "X-Amz-Target" in request.headers:
        return "json"
    form = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    return "query" if form else "rest-xml"
