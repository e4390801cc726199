"""A whole rig: every service built, wired to the others and served on one address.

    async with Rig(Config(data_dir=folder, port=0)) as rig:
        client = boto3.client("lambda", endpoint_url=rig.addresses.url, …)

All state hangs on the `Rig` object, so two rigs in one process share nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Protocol, TypeVar

from cloudrig.engine.admin import Admin
from cloudrig.engine.clock import Clock
from cloudrig.engine.config import Config
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import DataPlane, Service
from cloudrig.engine.messages import Addresses, Request
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
from cloudrig.services.access.service_roles import ServiceRoles
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
            services = await self._start_services(stack, processes)
            front = self._front(services, self._admin(services, stack, processes))
            await server.start(front.answer, tls)
            stack.callback(server.stop_listening)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start_services(self, stack: AsyncExitStack, processes: Processes) -> _Services:
        """Build every service, start it, and have it closed in the reverse order."""
        config, clock, events = self.config, self.clock, self.events

        def deliver(function_arn: str, payload: bytes, principal: str, source_arn: str) -> None:
            functions.take(function_arn, payload, principal, source_arn)

        upstream = HttpUpstream(config.upstream) if config.upstream else Moto(processes, deliver)
        self.upstream = await _started(stack, upstream)
        metrics = await _started(stack, CloudWatchMetrics(clock, upstream))
        logs = await _started(stack, CloudWatchLogs(upstream, events, metrics))
        dynamodb = await self._start_dynamodb(stack, processes)
        functions = Lambda(
            data_dir=config.data_dir,
            processes=processes,
            clock=clock,
            events=events,
            credentials=self.credentials,
            addresses=self.addresses,
            logs=logs,
            metrics=metrics,
            streams=dynamodb.reader if dynamodb is not None else PollingStreamReader(upstream, clock),
            kinesis=KinesisReader(upstream),
            upstream=upstream,
            freezes=config.freezing,
        )
        if config.keeps("lambda"):
            await _started(stack, functions)
        roles = ServiceRoles(upstream)
        around = Surroundings(
            clock=clock,
            events=events,
            invoker=functions if config.keeps("lambda") else UpstreamFunctions(upstream),
            addresses=self.addresses,
            credentials=self.credentials,
            throttles=Throttles(clock, enabled=config.throttling),
            logs=logs,
            metrics=Metrics(metrics),
            user_pools=UserPools(upstream, clock),
            upstream=upstream,
            roles=roles,
        )
        gateway = await _started(stack, ApiGateway(around, keeps_rest=config.keeps("apigateway")))
        return _Services(
            ledger=Ledger(upstream, self.credentials),
            logs=logs,
            dynamodb=dynamodb,
            functions=functions,
            roles=roles,
            gateway=gateway,
            cognito=Cognito(upstream, clock, events),
            cloudfront=CloudFront(upstream, clock),
        )

    async def _start_dynamodb(self, stack: AsyncExitStack, processes: Processes) -> DynamoDb | None:
        """None where the upstream's is to be used, or there is no dynoxide for this machine."""
        binary = find_binary() if self.config.keeps("dynamodb") else None
        if binary is None:
            return None
        return await _started(stack, DynamoDb(binary, self.config.data_dir, processes, self.clock, self.events))

    def _admin(self, services: _Services, stack: AsyncExitStack, processes: Processes) -> Admin:
        """The rig's own paths: what it is, reports and does."""
        meter = stack.enter_context(Meter(self.events, self.clock))

        async def stored() -> dict[str, float]:
            tables = await services.dynamodb.stored_bytes() if services.dynamodb is not None else (0, 0)
            return stored_gb(*tables, await bucket_bytes(self.upstream))

        async def read_meter() -> object:
            return meter.reading(await stored())

        async def restart_meter() -> object:
            return meter.restart(await stored())

        return Admin(
            self.clock,
            {"version": version("cloudrig"), "services": sorted(self.config.services)},
            {
                "usage": lambda: usage(processes.groups),
                "logs": services.logs.report,
                "cognito/codes": services.cognito.codes.report,
                "meter": read_meter,
                "roles": services.ledger.report,
            },
            {"meter": restart_meter, "roles": services.ledger.restart},
        )

    def _front(self, services: _Services, admin: Admin) -> Front:
        """What stands before them all: who answers what, and whom pages of any origin may ask."""
        config, upstream, functions = self.config, self.upstream, services.functions
        plane, sites, pools = services.gateway.plane, Websites(upstream), WellKnown(upstream)
        others = UpstreamApis(upstream, plane.mount)  # asked where `plane` leaves an API alone
        of_functions: list[DataPlane] = [functions.plane, functions.urls] if config.keeps("lambda") else []
        edge = services.cloudfront.edge
        planes: list[DataPlane] = [plane, others, *of_functions, sites, edge, pools, admin]
        return Front(
            Router(planes, self._by_target(services), self._by_path(services)),
            upstream,
            self.credentials,
            self.events,
            public=frozenset({plane, others, functions.urls, sites, edge, pools, services.cognito}),
            ledger=services.ledger,
            gate=Gate(self.credentials, upstream, self.clock) if config.rehearsal else None,
            refusing=bool(config.services),
            passed_on=self._passed_on(services),
        )

    @staticmethod
    def _passed_on(services: _Services) -> Callable[[str, Request], None]:
        """Who wants to know what went to the upstream."""

        def passed_on(service: str, request: Request) -> None:
            services.functions.passed_on(service, request)
            services.roles.passed_on(service)

        return passed_on

    def _by_target(self, services: _Services) -> dict[str, Service]:
        """Services whose operations are named in `X-Amz-Target`, by what comes before the name."""
        dynamodb, found = services.dynamodb, dict[str, Service]()
        if dynamodb is not None:
            found |= {"DynamoDB_20120810": dynamodb.tables, "DynamoDBStreams_20120810": dynamodb.streams}
        if not self.config.upstream:  # what else there may be knows better than moto
            found[COGNITO_TARGET] = services.cognito
        return found

    def _by_path(self, services: _Services) -> dict[str, list[RestService]]:
        """Services whose operations have paths, by signing name. API Gateway's two have one name."""
        keeps, gateway = self.config.keeps, services.gateway
        found: dict[str, list[RestService]] = {
            "lambda": [services.functions.table] if keeps("lambda") else [],
            "apigateway": [
                *([gateway.v2] if keeps("apigatewayv2") else []),
                *([gateway.v1] if keeps("apigateway") else []),
            ],
        }
        if not self.config.upstream:
            found["cloudfront"] = [services.cloudfront]
        return found


@dataclass(frozen=True, kw_only=True)
class _Services:
    """What a rig has, started."""

    ledger: Ledger
    logs: CloudWatchLogs
    dynamodb: DynamoDb | None
    functions: Lambda
    roles: ServiceRoles
    gateway: ApiGateway
    cognito: Cognito
    cloudfront: CloudFront


class _Part(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...


P = TypeVar("P", bound=_Part)


async def _started(stack: AsyncExitStack, service: P) -> P:
    stack.push_async_callback(service.close)
    await service.start()
    return service
