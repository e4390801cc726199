"""A mapping carried out: where it starts, shards that come later, stopping and starting again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invocation, StreamGone
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.consumer import NEW_SHARDS_EVERY_S, Consumer
from cloudrig.services.lambda_.event_source import STREAM_GONE, Mapping
from cloudrig.services.lambda_.naming import FunctionRef
from cloudrig.services.lambda_.shard_reader import Feed
from cloudrig.services.lambda_.tasks import Tasks
from tests.services.lambda_.fakes import SHARD, STREAM, FakeFunction, FakeStreamReader
from tests.services.lambda_.harness import settle


class Bench:
    def __init__(self) -> None:
        self.clock, self.tasks, self.function = Clock(source=lambda: 0.0), Tasks(), FakeFunction()
        self.stream = FakeStreamReader(self.clock.now)
        self.feed = Feed(self.stream, self.function.invoke, self.clock, Events(self.clock.now), self.tasks)

    async def consume(self, position: str) -> Consumer:
        ref = FunctionRef(Scope(), "f", None)
        self.mapping = Mapping("uuid", Scope(), STREAM, ref, position, datetime.now(UTC))
        consumer = Consumer(self.mapping, self.feed)
        await consumer.locate()
        consumer.start()
        await settle()
        return consumer

    async def write(self, *keys: str, shard: str = SHARD) -> None:
        self.stream.write(*keys, shard=shard)
        await settle()

    @property
    def keys(self) -> str:
        records = [record for batch in self.function.batches for record in json.loads(batch)["Records"]]
        return "".join(record["dynamodb"]["Keys"]["pk"]["S"] for record in records)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.tasks.close()


@pytest.mark.parametrize(("position", "seen"), [("TRIM_HORIZON", "abc"), ("LATEST", "c")])
async def test_where_it_starts(bench: Bench, position: str, seen: str) -> None:
    await bench.write("a", "b")
    await bench.consume(position)
    await bench.write("c")
    assert bench.keys == seen


async def test_a_failing_shard_does_not_hold_up_another(bench: Bench) -> None:
    bench.stream.logs["other"] = []
    await bench.consume("LATEST")
    bench.function.script = [Invocation(b"{}", "Unhandled")]
    await bench.write("a")
    await bench.write("b", shard="other")
    assert bench.keys == "ab"
    assert (bench.mapping.positions[SHARD], bench.mapping.positions["other"]) == ("0" * 21, "0" * 20 + "1")


async def test_new_shards_are_read_from_their_beginning(bench: Bench) -> None:
    await bench.consume("LATEST")
    await bench.write("x", shard="later")
    assert bench.keys == ""
    bench.clock.advance(NEW_SHARDS_EVERY_S)
    await settle()
    assert bench.keys == "x"


async def test_disabled_and_enabled_nothing_is_passed_over(bench: Bench) -> None:
    consumer = await bench.consume("LATEST")
    await bench.write("a")
    consumer.stop()
    await bench.write("b")
    assert bench.keys == "a"
    consumer.start()
    await bench.write("c")
    assert bench.keys == "abc"


async def test_a_stream_that_is_gone(bench: Bench) -> None:
    await bench.consume("LATEST")
    bench.stream.gone = True
    bench.clock.advance(NEW_SHARDS_EVERY_S)
    await settle()
    assert bench.mapping.last_result == STREAM_GONE
    with pytest.raises(StreamGone):
        await bench.consume("LATEST")
