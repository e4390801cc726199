"""Delivery of a shard's records: aws-behaviour §10.6; Lambda guide `services-ddb-params.html`.

The function is a script of answers, the stream a list, the clock the test's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Event, Events
from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_ import shard_reader
from cloudrig.services.lambda_.errors import ResourceNotFound, TooManyRequests
from cloudrig.services.lambda_.event_source import CALL_FAILED, NO_RECORDS, OK, STREAM_GONE, Mapping
from cloudrig.services.lambda_.naming import FunctionRef
from cloudrig.services.lambda_.shard_reader import Feed, ShardReader
from cloudrig.services.lambda_.tasks import Tasks
from tests.services.lambda_.fakes import SHARD, STREAM, FakeFunction, FakeStreamReader
from tests.services.lambda_.harness import settle

ERROR = Invocation(b"{}", "Unhandled")
THROTTLED = TooManyRequests("Rate Exceeded.")


class Bench:
    """A shard, its reader and the function behind it."""

    def __init__(self) -> None:
        self.clock = Clock(source=lambda: 1000.0)
        self.events = Events(self.clock.now)
        self.stream = FakeStreamReader(self.clock.now)
        self.function = FakeFunction()
        self.tasks = Tasks()
        ref = FunctionRef(Scope(), "fan-out", None)
        self.mapping = Mapping("uuid", Scope(), STREAM, ref, "TRIM_HORIZON", datetime.now(UTC), positions={SHARD: None})
        self.feed = Feed(self.stream, self.function.invoke, self.clock, self.events, self.tasks)
        self.reader = ShardReader(self.mapping, SHARD, self.feed)

    def start(self, **settings: Any) -> None:
        for name, value in settings.items():
            setattr(self.mapping, name, value)
        self.reader.start(None)

    async def write(self, *keys: str, **options: Any) -> None:
        self.stream.write(*keys, **options)
        await settle()

    async def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await settle()

    def script(self, *answers: Invocation | Exception) -> None:
        self.function.script += answers

    @property
    def batches(self) -> list[str]:
        """The keys of each batch the function got."""
        return ["".join(_key(record) for record in json.loads(batch)["Records"]) for batch in self.function.batches]

    @property
    def done(self) -> int:
        """How many records are behind the position."""
        return int(self.mapping.positions[SHARD] or "0")


def _key(record: dict[str, Any]) -> str:
    key: str = record["dynamodb"]["Keys"]["pk"]["S"]
    return key


def partial(*numbers: int) -> Invocation:
    """An answer that reports records, counted from 1 in the shard."""
    failures = [{"itemIdentifier": f"{number:021d}"} for number in numbers]
    return Invocation(json.dumps({"batchItemFailures": failures}).encode())


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.tasks.close()


async def test_a_write_reaches_the_function_at_once(bench: Bench) -> None:
    bench.start()
    assert bench.mapping.last_result == NO_RECORDS
    await bench.write("a")
    assert bench.batches == ["a"]
    assert json.loads(bench.function.batches[0]) == {"Records": [bench.stream.logs[SHARD][0].record]}
    await bench.write("b", "c")
    assert (bench.batches, bench.done, bench.mapping.last_result) == (["a", "bc"], 3, OK)


async def test_batches_have_the_size_asked_for_and_follow_in_order(bench: Bench) -> None:
    bench.stream.write(*"abcde")
    bench.start(batch_size=2)
    await settle()
    assert bench.batches == ["ab", "cd", "e"]


async def test_one_batch_at_a_time(bench: Bench) -> None:
    """What is written while the function runs waits for the next batch."""
    going_on = asyncio.Event()

    async def hold() -> None:
        await going_on.wait()

    bench.function.hold = hold
    bench.start()
    await bench.write("a")
    await bench.write("b")
    await bench.write("c")
    assert bench.batches == ["a"]
    going_on.set()
    await settle()
    assert bench.batches == ["a", "bc"]


async def test_a_failing_batch_blocks_its_shard_and_is_repeated_whole(bench: Bench) -> None:
    bench.script(ERROR, ERROR)
    bench.start()
    await bench.write("a")
    await bench.write("b")
    assert (bench.batches, bench.done, bench.mapping.last_result) == (["a"], 0, CALL_FAILED)
    await bench.later(shard_reader.FIRST_RETRY_DELAY_S)
    assert bench.batches == ["a", "a"]
    await bench.later(shard_reader.FIRST_RETRY_DELAY_S)
    assert bench.batches == ["a", "a"], "the delay doubles"
    await bench.later(shard_reader.FIRST_RETRY_DELAY_S)
    assert (bench.batches, bench.done, bench.mapping.last_result) == (["a", "a", "a", "b"], 2, OK)


async def test_retries_end_where_asked_for(bench: Bench) -> None:
    """MaximumRetryAttempts 3 means 4 invocations; then the shard goes on without the batch."""
    bench.script(*[ERROR] * 4)
    bench.start(maximum_retry_attempts=3)
    await bench.write("a")
    for _ in range(10):
        await bench.later(60)
    assert (bench.batches, bench.done) == (["a"] * 4, 1)
    await bench.write("b")
    assert bench.batches[-1] == "b"


async def test_no_retry_at_all(bench: Bench) -> None:
    bench.script(ERROR)
    bench.start(maximum_retry_attempts=0)
    await bench.write("a")
    await bench.write("b")
    assert bench.batches == ["a", "b"]


async def test_without_a_limit_it_is_repeated_until_the_stream_forgets(bench: Bench) -> None:
    bench.script(*[ERROR] * 5000)
    bench.start()
    await bench.write("poison")
    for _ in range(30):
        await bench.later(60)
    assert (len(bench.batches) > 20, bench.done) == (True, 0)
    await bench.later(shard_reader.STREAM_RETENTION_S)
    assert bench.done == 1


async def test_records_too_old_are_given_up(bench: Bench) -> None:
    bench.script(*[ERROR] * 100)
    bench.start(maximum_record_age_s=60)
    await bench.write("a")
    await bench.later(30)
    await bench.write("b")
    await bench.later(31)
    assert bench.done == 1
    assert bench.batches[-1] == "b"


async def test_records_too_old_are_not_tried_at_all(bench: Bench) -> None:
    bench.stream.write("a", "b")
    bench.clock.advance(100)
    bench.stream.write("c")
    bench.start(maximum_record_age_s=60)
    await settle()
    assert (bench.batches, bench.done) == (["c"], 3)


async def test_bisecting_finds_the_record_that_fails(bench: Bench) -> None:
    """Splits use up no retries: with none allowed only the poisonous record is lost."""
    bench.script(ERROR, ERROR, Invocation(b"null"), ERROR)
    bench.stream.write(*"abcd")
    bench.start(bisect=True, maximum_retry_attempts=0)
    await settle()
    assert (bench.batches, bench.done) == (["abcd", "ab", "a", "b", "cd"], 4)


async def test_only_from_the_lowest_reported_record_on_is_repeated(bench: Bench) -> None:
    bench.script(partial(4, 3))
    bench.stream.write(*"abcde")
    bench.start(reports_item_failures=True)
    await settle()
    assert (bench.batches, bench.done) == (["abcde"], 2)
    await bench.later(1)
    assert (bench.batches, bench.done) == (["abcde", "cde"], 5)


async def test_partial_failures_use_up_retries(bench: Bench) -> None:
    bench.script(partial(2), partial(3))
    bench.stream.write(*"abc")
    bench.start(reports_item_failures=True, maximum_retry_attempts=1)
    await settle()
    await bench.later(1)
    assert (bench.batches, bench.done) == (["abc", "bc"], 3)


async def test_reports_count_only_if_asked_for(bench: Bench) -> None:
    bench.script(partial(1))
    bench.start()
    await bench.write("a")
    assert bench.done == 1


@pytest.mark.parametrize("refusal", [THROTTLED, ResourceNotFound("Function not found")])
async def test_a_function_without_room_is_waited_for(bench: Bench, refusal: Exception) -> None:
    """It uses up no retry, and nothing is lost."""
    bench.script(*[refusal] * 5)
    bench.start(maximum_retry_attempts=0)
    await bench.write("a")
    for _ in range(10):
        await bench.later(60)
    assert (bench.batches, bench.done) == (["a"] * 6, 1)


async def test_a_batch_above_6_mb_is_split(bench: Bench) -> None:
    bench.stream.write(*"abcd", size=2_000_000)
    bench.start()
    await settle()
    assert bench.batches == ["ab", "cd"]


async def test_stopping_finishes_the_batch_in_hand(bench: Bench) -> None:
    going_on = asyncio.Event()

    async def hold() -> None:
        await going_on.wait()

    bench.function.hold = hold
    bench.start()
    await bench.write("a")
    bench.reader.stop()
    going_on.set()
    await bench.write("b")
    assert (bench.batches, bench.done) == (["a"], 1)
    again = ShardReader(bench.mapping, SHARD, bench.feed)
    again.start(bench.reader)
    await settle()
    assert bench.batches == ["a", "b"]


async def test_a_new_reader_waits_for_the_one_before(bench: Bench) -> None:
    going_on = asyncio.Event()

    async def hold() -> None:
        await going_on.wait()

    bench.function.hold = hold
    bench.start()
    await bench.write("a")
    bench.reader.stop()
    again = ShardReader(bench.mapping, SHARD, bench.feed)
    again.start(bench.reader)
    await bench.write("b")
    assert bench.batches == ["a"]
    going_on.set()
    await settle()
    assert bench.batches == ["a", "b"], "each once"


async def test_stopping_ends_a_retry_that_waits(bench: Bench) -> None:
    bench.script(ERROR)
    bench.start()
    await bench.write("a")
    bench.reader.stop()
    await bench.later(60)
    assert (bench.batches, bench.done) == (["a"], 0)


async def test_a_stream_that_is_deleted_ends_the_reading(bench: Bench) -> None:
    bench.start()
    await bench.write("a")
    bench.stream.gone = True
    await bench.write("b")
    assert bench.mapping.last_result == STREAM_GONE


async def test_a_batch_is_one_event_for_listeners(bench: Bench) -> None:
    heard: list[Event] = []
    with bench.events.subscribe(heard.append):
        bench.start()
        await bench.write("a", "b")
    assert [(event.kind, event.fields["records"], event.fields["failed"]) for event in heard] == [
        ("lambda.batch", 2, None)
    ]
