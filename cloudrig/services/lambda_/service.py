"""The Lambda service: its parts, what each operation is, and how other services invoke functions.

Functions live in memory (a restarted rig is deployed to again); their code is unpacked under the rig's data directory.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from dataclasses import replace
from pathlib import Path

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invocation, LogSink, MetricSink, StreamReader, TimedStreamReader, Upstream
from cloudrig.engine.messages import Addresses, Request, Response
from cloudrig.engine.names import Regional
from cloudrig.engine.processes import Processes
from cloudrig.engine.validation import Constraints
from cloudrig.engine.wire import OperationTable
from cloudrig.services.lambda_.aliases import Aliases
from cloudrig.services.lambda_.asynchronous import AsynchronousInvocations
from cloudrig.services.lambda_.code import MAX_REQUEST_BYTES, CodeStore
from cloudrig.services.lambda_.code_plane import CodePlane
from cloudrig.services.lambda_.code_signing import CodeSigning
from cloudrig.services.lambda_.concurrency import Concurrency
from cloudrig.services.lambda_.control import Control
from cloudrig.services.lambda_.destinations import Destinations
from cloudrig.services.lambda_.errors import too_large
from cloudrig.services.lambda_.event_invoke import EventInvokeConfigs
from cloudrig.services.lambda_.event_sources.consumers import Consumers
from cloudrig.services.lambda_.event_sources.control import Mappings
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.fleet import Fleet
from cloudrig.services.lambda_.host import Host
from cloudrig.services.lambda_.invocation_records import Records
from cloudrig.services.lambda_.invocations import MAX_SYNC_BYTES, Invocations
from cloudrig.services.lambda_.invoke import Invoke
from cloudrig.services.lambda_.launcher import Launcher
from cloudrig.services.lambda_.layer_permissions import LayerPermissions
from cloudrig.services.lambda_.layers import LayerOperations
from cloudrig.services.lambda_.lookup import Lookup
from cloudrig.services.lambda_.management import Management
from cloudrig.services.lambda_.memory import MemoryWatch
from cloudrig.services.lambda_.metrics import Metrics
from cloudrig.services.lambda_.naming import parse_function_arn
from cloudrig.services.lambda_.node_runtime import link_sdk
from cloudrig.services.lambda_.packages import Packages
from cloudrig.services.lambda_.permissions import Permissions
from cloudrig.services.lambda_.provisioned import ProvisionedConcurrency
from cloudrig.services.lambda_.runtimes import Runtimes
from cloudrig.services.lambda_.starts import StartGate
from cloudrig.services.lambda_.state import Functions
from cloudrig.services.lambda_.tags import Tags
from cloudrig.services.lambda_.tasks import Tasks
from cloudrig.services.lambda_.tracing import TRACE_HEADER
from cloudrig.services.lambda_.unbuilt import guarded
from cloudrig.services.lambda_.url_plane import UrlPlane
from cloudrig.services.lambda_.urls import Urls
from cloudrig.services.lambda_.versions import Versions

log = logging.getLogger(__name__)


class Lambda:
    """AWS Lambda; implements `interfaces.Invoker`.

    `table` is its API, `plane` serves what GetFunction links to, `urls` the URLs of functions.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        processes: Processes,
        clock: Clock,
        events: Events,
        credentials: Credentials,
        addresses: Addresses,
        logs: LogSink,
        metrics: MetricSink,
        streams: StreamReader,
        kinesis: TimedStreamReader,
        upstream: Upstream,
        forks: bool = True,
        freezes: bool = True,
    ) -> None:
        """`forks` allows Python environments to fork from a process that is ready, instead of starting each afresh;
        `freezes` has them stand still between two events.
        """
        regions = Regional(Functions)
        self._tasks = Tasks()
        self._disposals = Tasks()
        self._runtime = Runtimes(data_dir / "runtime", addresses, forks=forks)
        self._launcher = Launcher(processes, self._tasks)
        self._packages = data_dir / "functions"
        self._codes = CodeStore(self._packages, self._disposals)
        self._environments = data_dir / "environments"
        host = Host(
            directory=self._environments,
            runtime=self._runtime,
            launcher=self._launcher,
            clock=clock,
            credentials=credentials,
            logs=logs,
            tasks=self._tasks,
            disposals=self._disposals,
            starts=StartGate(),
            memory=MemoryWatch(),
            events=events,
            freezes=freezes,
        )
        self._fleet = Fleet(host, self._codes, clock)
        measured = Metrics(metrics)
        self._invocations = Invocations(regions, self._fleet, events, measured)
        records = Records(Destinations(upstream), clock)
        self._queue = AsynchronousInvocations(regions, self._invocations, records, clock, self._tasks)
        invocations = self._invocations
        feed = Feed(streams, upstream, invocations.run, invocations.find, clock, events, measured, self._tasks)
        self._mappings = Mappings(regions, Consumers(feed, kinesis))
        self.plane = CodePlane(self._codes)
        lookup, packages = Lookup(regions), Packages(self._codes, upstream)
        versions = Versions(lookup, self._codes, self._fleet, clock)
        provisioned = ProvisionedConcurrency(lookup, self._fleet, versions)
        urls = Urls(lookup, clock, addresses)
        self.urls = UrlPlane(urls, self._invocations, credentials, clock)
        signing = CodeSigning(lookup, clock)
        layers = LayerOperations(packages, self._codes, clock, addresses)
        self.table = OperationTable(
            "lambda",
            guarded(
                {
                    **Invoke(self._invocations, self._queue).operations,
                    **Control(
                        lookup, self._runtime, packages, layers, self._codes, versions, signing, addresses
                    ).operations,
                    **versions.operations,
                    **layers.operations,
                    **LayerPermissions(layers.regions).operations,
                    **Aliases(lookup, provisioned.settle).operations,
                    **Concurrency(lookup, layers.regions).operations,
                    **provisioned.operations,
                    **urls.operations,
                    **signing.operations,
                    **Management(lookup).operations,
                    **Permissions(lookup).operations,
                    **EventInvokeConfigs(regions, clock).operations,
                    **self._mappings.operations,
                    **Tags(regions, self._mappings, signing).operations,
                }
            ),
            too_large=too_large,
            constraints=Constraints(hashed=True, unchecked=("Runtime",)),
            limits={
                **dict.fromkeys(("Invoke", "InvokeAsync", "InvokeWithResponseStream"), MAX_SYNC_BYTES),
                **dict.fromkeys(("CreateFunction", "PublishLayerVersion", "UpdateFunctionCode"), MAX_REQUEST_BYTES),
            },
        )

    async def start(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._environments, True)  # left by a rig that was killed
        await asyncio.to_thread(self._environments.mkdir, 0o700, parents=True, exist_ok=True)
        await asyncio.to_thread(self._runtime.prepare)
        await asyncio.to_thread(self._codes.prepare)
        await asyncio.to_thread(link_sdk, self._packages, Path.cwd())
        if self._runtime.template is not None:
            self._launcher.prepare(self._runtime.template)
        self._fleet.start()

    async def close(self) -> None:
        """Stop reading streams, kill every environment, and leave no file that a function's process used."""
        self._mappings.close()
        self._queue.close()
        await self._fleet.close()
        await self._disposals.finish()
        await self._tasks.close()
        await asyncio.to_thread(self._codes.close)

    async def call(self, operation: str, request: Request) -> Response:
        trace = request.headers.get(TRACE_HEADER)
        if trace:
            request.caller = replace(request.caller, trace=trace)
        return await self.table.call(operation, request)

    def passed_on(self, service: str, request: Request) -> None:
        """A request of another service went through the rig: queues and streams that it wrote to are read at once."""
        self._mappings.passed_on(service, request)

    async def invoke(
        self, function_arn: str, payload: bytes, *, principal: str | None = None, source_arn: str | None = None
    ) -> Invocation:
        """Run an event; see `interfaces.Invoker`."""
        ref = parse_function_arn(function_arn)
        if principal is not None:
            self._invocations.check_permission(ref, principal, source_arn)
        return await self._invocations.run(ref, payload)

    def take(self, function_arn: str, payload: bytes, principal: str, source_arn: str) -> None:
        """Take an event of another service, to run it as an asynchronous one. What may not be run is told in the log:
        the service does not wait to hear of it.
        """
        try:
            ref = parse_function_arn(function_arn)
            self._invocations.check_permission(ref, principal, source_arn)
            self._queue.submit(ref, payload, names.request_id())
        except ServiceError as error:
            log.warning("an event of %s for %s is dropped: %s", source_arn, function_arn, error.message)

    async def check(self, function_arn: str, *, principal: str | None, source_arn: str | None) -> None:
        """Whether a service may invoke a function; see `interfaces.Invoker`."""
        if principal is not None:
            self._invocations.check_permission(parse_function_arn(function_arn), principal, source_arn)
