"""A mapping on a bench: the function is a script of answers, the stream a list, the clock the test's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.errors import TooManyRequests
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.event_sources.mapping import Mapping, Settings, Source
from cloudrig.services.lambda_.event_sources.stream_consumer import StreamConsumer
from cloudrig.services.lambda_.metrics import Metrics
from cloudrig.services.lambda_.naming import FunctionRef
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.tasks import Tasks
from tests.fakes import FakeMetrics
from tests.services.lambda_.fakes import SHARD, STREAM, FakeFunction, FakeStreamReader, FakeUpstream
from tests.services.lambda_.harness import settle

ERROR = Invocation(b"{}", "Unhandled")
THROTTLED = TooManyRequests("Rate Exceeded.")


class Bench:
    """A stream of one shard, a mapping of it and the function behind it."""

    def __init__(self) -> None:
        self.clock = Clock(source=lambda: 1000.0)
        self.events = Events(self.clock.now)
        self.stream = FakeStreamReader(self.clock.now)
        self.function = FakeFunction()
        self.tasks = Tasks()
        self.mapping = Mapping(
            uuid="11111111-2222-3333-4444-555555555555",
            scope=Scope(),
            source=Source.DYNAMODB,
            source_arn=STREAM,
            function=FunctionRef(Scope(), "fan-out", None),
            last_modified=datetime.now(UTC),
            settings=Settings(100),
            starting_position="TRIM_HORIZON",
        )
        self.metrics = FakeMetrics()
        self.feed = Feed(
            self.stream,
            FakeUpstream(),
            self.function.invoke,
            self._find,
            self.clock,
            self.events,
            Metrics(self.metrics),
            self.tasks,
        )
        self.consumer = StreamConsumer(self.mapping, self.feed)

    async def start(self, **settings: Any) -> None:
        """Begin to read, with settings that differ from the defaults."""
        self.change(**settings)
        await self.consumer.locate()
        self.consumer.start()
        await settle()

    def change(self, **settings: Any) -> None:
        self.mapping.settings = replace(self.mapping.settings, **settings)

    async def write(self, *keys: str, **options: Any) -> None:
        self.stream.write(*keys, **options)
        await settle()

    async def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await settle()

    def hold(self) -> asyncio.Event:
        """Have the function wait with every answer until the event is set."""
        going_on = asyncio.Event()
        self.function.hold = going_on.wait
        return going_on

    def script(self, *answers: Invocation | Exception) -> None:
        self.function.script += answers

    @property
    def events_got(self) -> list[dict[str, Any]]:
        return [json.loads(batch) for batch in self.function.batches]

    @property
    def batches(self) -> list[str]:
        """The keys of each batch the function got."""
        return ["".join(map(key_of, event["Records"])) for event in self.events_got]

    @property
    def done(self) -> int:
        """How many records are behind the checkpoint."""
        return int(self.mapping.checkpoints[SHARD].position or "0")

    @staticmethod
    def _find(ref: FunctionRef) -> Version:
        raise AssertionError("only queues and Kinesis ask")


def key_of(record: dict[str, Any]) -> str:
    key: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return key


def answer(content: object) -> Invocation:
    return Invocation(json.dumps(content).encode())


def partial(*numbers: int) -> Invocation:
    """An answer that reports records, counted from 1 in the shard."""
    return answer({"batchItemFailures": [{"itemIdentifier": f"{number:021d}"} for number in numbers]})


def numbers_of(event: dict[str, Any]) -> Sequence[int]:
    return [int(record["eventID"]) for record in event["Records"]]
