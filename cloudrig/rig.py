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

from cloudrig.engine.admin import Admin
from cloudrig.engine.clock import Clock
from cloudrig.engine.config import Config
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import DataPlane, Service, StreamReader
from cloudrig.engine.messages import Addresses
from cloudrig.engine.ports import reachable
from cloudrig.engine.processes import Processes
from cloudrig.engine.router import RestService, Router
from cloudrig.engine.server import Server
from cloudrig.engine.tls import ensure_certificates
from cloudrig.engine.usage import usage
from cloudrig.front import Front
from cloudrig.metering import Meter, stored_gb
from cloudrig.rehearsal import rehearsed
from cloudrig.services.access.gate import Gate
from cloudrig.services.access.ledger import Ledger
from cloudrig.services.apigateway.metrics import Metrics
from cloudrig.services.apigateway.service import ApiGateway
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.throttling import Throttles
from cloudrig.services.apigateway.user_pools import UserPools
from cloudrig.services.cloudfront.service import CloudFront
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
from cloudrig.services.upstream.streams import PollingStreamReader
from cloudrig.services.upstream.upstream import HttpUpstream


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
        self.upstream: HttpUpstream | Moto
        """Who answers for all services that the rig does not keep for itself."""

    async def __aenter__(self) -> Rig:
        async with AsyncExitStack() as stack:
            config = self.config
            server = Server(config.host, config.port, config.tls_port or 0)
            stack.push_async_callback(server.close)
            certificates = ensure_certificates(config.data_dir / "tls")
            host = reachable(config.host)
            tls = certificates.server_context()
            self.addresses = Addresses(
                f"http://{host}:{server.port}", f"https://{host}:{server.tls_port}", str(certificates.bundle)
            )
            if config.rehearsal:
                self.addresses = await stack.enter_async_context(
                    rehearsed(self.addresses, server, tls, self.credentials, config.data_dir)
                )
            processes = await stack.enter_async_context(Processes())
            front = await self._start_services(stack, processes)
            await server.start(front.answer, tls)
            stack.callback(server.stop_listening)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start_services(self, stack: AsyncExitStack, processes: Processes) -> Front:
        """Build every service, start it, and have it closed in the reverse order; what stands before them all."""
        config, clock, events = self.config, self.clock, self.events
        upstream = self.upstream = HttpUpstream(config.upstream) if config.upstream else Moto(processes)
        await _started(stack, upstream)
        ledger = Ledger(upstream, self.credentials)
        metrics = CloudWatchMetrics(clock, upstream)
        await _started(stack, metrics)
        logs = CloudWatchLogs(upstream, events, metrics)
        await _started(stack, logs)
        reader: StreamReader = PollingStreamReader(upstream, clock)
        targets: dict[str, Service] = {}
        binary, dynamodb = find_binary(), None
        if "dynamodb" in config.services and binary is not None:
            dynamodb = DynamoDb(binary, config.data_dir, processes, clock, events)
            await _started(stack, dynamodb)
            reader = dynamodb.reader
            targets = {"DynamoDB_20120810": dynamodb.tables, "DynamoDBStreams_20120810": dynamodb.streams}
        functions = Lambda(
            data_dir=config.data_dir,
            processes=processes,
            clock=clock,
            events=events,
            credentials=self.credentials,
            addresses=self.addresses,
            logs=logs,
            metrics=metrics,
            streams=reader,
            kinesis=KinesisReader(upstream),
            upstream=upstream,
            freezes=config.freezing,
        )
        keeps_lambda = "lambda" in config.services
        if keeps_lambda:
            await _started(stack, functions)
        gateway = ApiGateway(
            Surroundings(
                clock=clock,
                events=events,
                invoker=functions if keeps_lambda else UpstreamFunctions(upstream),
                addresses=self.addresses,
                credentials=self.credentials,
                throttles=Throttles(clock, enabled=config.throttling),
                logs=logs,
                metrics=Metrics(metrics),
                user_pools=UserPools(upstream, clock),
                upstream=upstream,
            ),
            keeps_rest="apigateway" in config.services,
        )
        await _started(stack, gateway)
        kinds = {"apigatewayv2": gateway.v2, "apigateway": gateway.v1}
        rest: dict[str, list[RestService]] = {
            "lambda": [functions.table] if keeps_lambda else [],
            "apigateway": [table for name, table in kinds.items() if name in config.services],
        }
        cognito = Cognito(upstream, clock, events)
        cloudfront = CloudFront(upstream, clock)
        if not config.upstream:  # what else there may be knows better than moto
            targets[COGNITO_TARGET] = cognito
            rest["cloudfront"] = [cloudfront]
        meter = stack.enter_context(Meter(events, clock))

        async def stored() -> dict[str, float]:
            tables = await dynamodb.stored_bytes() if dynamodb is not None else (0, 0)
            return stored_gb(*tables, await bucket_bytes(upstream))

        async def read_meter() -> object:
            return meter.reading(await stored())

        async def restart_meter() -> object:
            return meter.restart(await stored())

        admin = Admin(
            clock,
            {"version": version("cloudrig"), "services": sorted(config.services)},
            {
                "usage": lambda: usage(processes.groups),
                "logs": logs.report,
                "cognito/codes": cognito.codes.report,
                "meter": read_meter,
                "roles": ledger.report,
            },
            {"meter": restart_meter, "roles": ledger.restart},
        )
        sites = Websites(upstream)
        edge, pools = cloudfront.edge, WellKnown(upstream)
        others = UpstreamApis(upstream, gateway.plane.mount)  # asked where `gateway.plane` leaves an API alone
        of_functions: list[DataPlane] = [functions.plane, functions.urls] if keeps_lambda else []
        planes: list[DataPlane] = [gateway.plane, others, *of_functions, sites, edge, pools, admin]
        return Front(
            Router(planes, targets, rest),
            upstream,
            self.credentials,
            events,
            public=frozenset({gateway.plane, others, functions.urls, sites, edge, pools, cognito}),
            ledger=ledger,
            gate=Gate(self.credentials, upstream, clock) if config.rehearsal else None,
            refusing=bool(config.services),
            passed_on=functions.passed_on,
        )


class _Part(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...


async def _started(stack: AsyncExitStack, service: _Part) -> None:
    stack.push_async_callback(service.close)
    await service.start()
