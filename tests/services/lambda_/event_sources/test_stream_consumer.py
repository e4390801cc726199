"""A mapping of a stream carried out: where it starts, shards that come later, stopping and starting again."""

from __future__ import annotations

import pytest

from cloudrig.engine import enduring
from cloudrig.engine.interfaces import Invocation, StreamGone
from cloudrig.services.lambda_.event_sources.mapping import STREAM_GONE
from cloudrig.services.lambda_.event_sources.stream_consumer import NEW_SHARDS_EVERY_S
from tests.services.lambda_.event_sources.bench import Bench
from tests.services.lambda_.fakes import SHARD
from tests.services.lambda_.harness import settle, until


@pytest.mark.parametrize(("position", "seen"), [("TRIM_HORIZON", "abc"), ("LATEST", "c")])
async def test_where_it_starts(bench: Bench, position: str, seen: str) -> None:
    await bench.write("a", "b")
    bench.mapping.starting_position = position
    await bench.start()
    await bench.write("c")
    assert "".join(bench.batches) == seen


async def test_from_a_point_in_time(bench: Bench) -> None:
    await bench.write("a")
    await bench.later(10)
    await bench.write("b")
    bench.mapping.starting_position, bench.mapping.starting_timestamp = "AT_TIMESTAMP", 1005.0
    await bench.start()
    assert bench.batches == ["b"]


async def test_a_failing_shard_does_not_hold_up_another(bench: Bench) -> None:
    bench.stream.logs["other"] = []
    await bench.start()
    bench.script(Invocation(b"{}", "Unhandled"))
    await bench.write("a")
    await bench.write("b", shard="other")
    assert bench.batches == ["a", "b"]
    checkpoints = bench.mapping.checkpoints
    assert (checkpoints[SHARD].position, checkpoints["other"].position) == (None, "0" * 20 + "1")


async def test_new_shards_are_read_from_their_beginning(bench: Bench) -> None:
    bench.mapping.starting_position = "LATEST"
    await bench.start()
    await bench.write("x", shard="later")
    assert bench.batches == []
    await bench.later(NEW_SHARDS_EVERY_S)
    assert bench.batches == ["x"]


async def test_a_shard_that_ends_is_followed_at_once(bench: Bench) -> None:
    """Split, closed, merged: its records are delivered to the last, and what goes on elsewhere is not waited for."""
    bench.mapping.starting_position = "LATEST"
    await bench.start()
    await bench.write("a", "b")
    bench.stream.logs["left"], bench.stream.logs["right"] = [], []
    bench.stream.closed.add(SHARD)
    await bench.write("c")
    await bench.write("d", shard="left")
    await bench.write("e", shard="right")
    assert sorted("".join(bench.batches)) == list("abcde")
    assert bench.done == 3


async def test_a_shard_waits_until_its_parents_are_done_with(bench: Bench) -> None:
    """Not only read to their end: delivered. So a key's records keep their order."""
    going_on = bench.hold()
    await bench.start()
    await bench.write("a")
    bench.stream.parents = {"child": [SHARD, "trimmed long ago"]}
    bench.stream.closed.add(SHARD)
    await bench.write("b", shard="child")
    await bench.later(NEW_SHARDS_EVERY_S)
    assert bench.batches == ["a"]
    going_on.set()
    await settle()
    assert bench.batches == ["a", "b"]


async def test_an_ended_shard_is_not_delivered_again_when_it_is_enabled_again(bench: Bench) -> None:
    await bench.start()
    bench.stream.closed.add(SHARD)
    await bench.write("a")
    bench.consumer.stop()
    bench.consumer.start()
    await bench.write("b", shard="later")
    assert bench.batches == ["a", "b"]


async def test_disabled_and_enabled_nothing_is_passed_over(bench: Bench) -> None:
    await bench.start()
    await bench.write("a")
    bench.consumer.stop()
    await bench.write("b")
    assert bench.batches == ["a"]
    bench.consumer.start()
    await bench.write("c")
    assert "".join(bench.batches) == "abc"


async def test_a_stream_that_is_gone(bench: Bench) -> None:
    await bench.start()
    bench.stream.gone = True
    bench.clock.advance(NEW_SHARDS_EVERY_S)
    await settle()
    assert bench.mapping.last_result == STREAM_GONE
    with pytest.raises(StreamGone):
        await bench.start()


async def test_the_search_for_shards_outlasts_errors_that_nobody_foresaw(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enduring, "FIRST_PAUSE_S", 0.001)
    await bench.start()
    bench.stream.shard_failures = [KeyError("a bug")]
    await bench.write("x", shard="later")
    await bench.later(NEW_SHARDS_EVERY_S)
    await until(lambda: bench.batches == ["x"])
