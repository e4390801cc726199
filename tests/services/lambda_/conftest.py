"""The service under test, on real processes and a clock that only tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import botocore
import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import TimedStreamReader, Upstream
from cloudrig.engine.messages import Addresses
from cloudrig.engine.processes import Processes
from cloudrig.services.lambda_.service import Lambda
from tests.fakes import FakeMetrics
from tests.services.lambda_.fakes import FakeLogSink, FakeStreamReader, FakeUpstream, Gate
from tests.services.lambda_.harness import Api, fork_server

ADDRESSES = Addresses(
    "http://127.0.0.1:4566", "https://127.0.0.1:4567", str(Path(botocore.__file__).with_name("cacert.pem"))
)
START = 1_795_000_000.0  # 2026-11-18T11:06:40Z


@pytest.fixture
def clock() -> Clock:
    return Clock(source=lambda: START)


@pytest.fixture
async def api(tmp_path: Path, clock: Clock) -> AsyncIterator[Api]:
    async with lambda_service(tmp_path, clock, forks=False) as api:
        yield api


@pytest.fixture
async def forking(tmp_path: Path, clock: Clock) -> AsyncIterator[Api]:
    """A service with a process to fork environments from, which is ready."""
    async with lambda_service(tmp_path, clock, forks=True) as api:
        await fork_server(api).ready()
        yield api


@asynccontextmanager
async def lambda_service(
    data_dir: Path,
    clock: Clock,
    *,
    forks: bool,
    freezes: bool = True,
    upstream: Upstream | None = None,
    kinesis: TimedStreamReader | None = None,
) -> AsyncIterator[Api]:
    logs, streams, fake = FakeLogSink(), FakeStreamReader(clock.now), FakeUpstream()
    async with Processes() as processes:
        service = Lambda(
            data_dir=data_dir,
            processes=processes,
            clock=clock,
            events=Events(clock.now),
            credentials=Credentials(),
            addresses=ADDRESSES,
            logs=logs,
            metrics=FakeMetrics(),
            streams=streams,
            kinesis=kinesis or streams,
            upstream=upstream or fake,
            forks=forks,
            freezes=freezes,
        )
        await service.start()
        try:
            yield Api(service, clock, logs, streams, fake)
        finally:
            await service.close()


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    async with Gate() as gate:
        yield gate
