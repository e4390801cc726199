"""Delivery of a shard's records: Lambda guide `services-ddb-params.html`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from cloudrig.engine import enduring
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.events import Event
from cloudrig.engine.interfaces import Invocation
from cloudrig.services.lambda_.errors import ResourceNotFound
from cloudrig.services.lambda_.event_sources import delivery, shard_reader
from cloudrig.services.lambda_.event_sources.mapping import CALL_FAILED, NO_RECORDS, OK, STREAM_GONE
from cloudrig.services.lambda_.invocations import MAX_SYNC_BYTES
from tests.services.lambda_.event_sources.bench import ERROR, THROTTLED, Bench, partial
from tests.services.lambda_.fakes import SHARD
from tests.services.lambda_.harness import settle, until


async def test_a_write_reaches_the_function_at_once(bench: Bench) -> None:
    await bench.start()
    assert bench.mapping.last_result == NO_RECORDS
    await bench.write("a")
    assert bench.batches == ["a"]
    assert json.loads(bench.function.batches[0]) == {"Records": [bench.stream.logs[SHARD][0].parsed()]}
    await bench.write("b", "c")
    assert (bench.batches, bench.done, bench.mapping.last_result) == (["a", "bc"], 3, OK)


async def test_batches_have_the_size_asked_for_and_follow_in_order(bench: Bench) -> None:
    bench.stream.write(*"abcde")
    await bench.start(batch_size=2)
    await settle()
    assert bench.batches == ["ab", "cd", "e"]


async def test_one_batch_at_a_time(bench: Bench) -> None:
    """What is written while the function runs waits for the next batch."""
    going_on = bench.hold()
    await bench.start()
    await bench.write("a")
    await bench.write("b")
    await bench.write("c")
    assert bench.batches == ["a"]
    going_on.set()
    await settle()
    assert bench.batches == ["a", "bc"]


async def test_a_failing_batch_blocks_its_shard_and_is_repeated_whole(bench: Bench) -> None:
    bench.script(ERROR, ERROR)
    await bench.start()
    await bench.write("a")
    await bench.write("b")
    assert (bench.batches, bench.done, bench.mapping.last_result) == (["a"], 0, CALL_FAILED)
    await bench.later(delivery.FIRST_RETRY_DELAY_S)
    assert bench.batches == ["a", "a"]
    await bench.later(delivery.FIRST_RETRY_DELAY_S)
    assert bench.batches == ["a", "a"], "the delay doubles"
    await bench.later(delivery.FIRST_RETRY_DELAY_S)
    assert (bench.batches, bench.done, bench.mapping.last_result) == (["a", "a", "a", "b"], 2, OK)


@pytest.mark.parametrize("retries", [0, 3])
async def test_retries_end_where_asked_for(bench: Bench, retries: int) -> None:
    """MaximumRetryAttempts 3 means 4 invocations; then the shard goes on without the batch."""
    bench.script(*[ERROR] * (retries + 1))
    await bench.start(maximum_retry_attempts=retries)
    await bench.write("a")
    for _ in range(10):
        await bench.later(60)
    assert (bench.batches, bench.done) == (["a"] * (retries + 1), 1)
    await bench.write("b")
    assert bench.batches[-1] == "b"


async def test_without_a_limit_it_is_repeated_until_the_stream_forgets(bench: Bench) -> None:
    bench.script(*[ERROR] * 5000)
    await bench.start()
    await bench.write("poison")
    for _ in range(30):
        await bench.later(60)
    assert (len(bench.batches) > 20, bench.done) == (True, 0)
    await bench.later(delivery.RETENTION_S)
    assert bench.done == 1


async def test_records_too_old_are_given_up(bench: Bench) -> None:
    bench.script(*[ERROR] * 100)
    await bench.start(maximum_record_age_s=60)
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
    await bench.start(maximum_record_age_s=60)
    await settle()
    assert (bench.batches, bench.done) == (["c"], 3)


async def test_bisecting_finds_the_record_that_fails(bench: Bench) -> None:
    """Splits use up no retries: with none allowed only the poisonous record is lost."""
    bench.script(ERROR, ERROR, Invocation(b"null"), ERROR)
    bench.stream.write(*"abcd")
    await bench.start(bisect=True, maximum_retry_attempts=0)
    await settle()
    assert (bench.batches, bench.done) == (["abcd", "ab", "a", "b", "cd"], 4)


async def test_only_from_the_lowest_reported_record_on_is_repeated(bench: Bench) -> None:
    bench.script(partial(4, 3))
    bench.stream.write(*"abcde")
    await bench.start(reports_item_failures=True)
    await settle()
    assert (bench.batches, bench.done) == (["abcde"], 2)
    await bench.later(1)
    assert (bench.batches, bench.done) == (["abcde", "cde"], 5)


async def test_partial_failures_use_up_retries(bench: Bench) -> None:
    bench.script(partial(2), partial(3))
    bench.stream.write(*"abc")
    await bench.start(reports_item_failures=True, maximum_retry_attempts=1)
    await settle()
    await bench.later(1)
    assert (bench.batches, bench.done) == (["abc", "bc"], 3)


async def test_reports_count_only_if_asked_for(bench: Bench) -> None:
    bench.script(partial(1))
    await bench.start()
    await bench.write("a")
    assert bench.done == 1


@pytest.mark.parametrize("refusal", [THROTTLED, ResourceNotFound("Function not found")])
async def test_a_function_without_room_is_waited_for(bench: Bench, refusal: Exception) -> None:
    """It uses up no retry, and nothing is lost."""
    bench.script(*[refusal] * 5)
    await bench.start(maximum_retry_attempts=0)
    await bench.write("a")
    for _ in range(10):
        await bench.later(60)
    assert (bench.batches, bench.done) == (["a"] * 6, 1)


async def test_a_batch_above_6_mb_is_split(bench: Bench) -> None:
    bench.stream.write(*"abcd", size=2_000_000)
    await bench.start()
    assert bench.batches == ["abc", "d"]
    assert all(len(batch) <= MAX_SYNC_BYTES for batch in bench.function.batches)


async def test_stopping_finishes_the_batch_in_hand(bench: Bench) -> None:
    going_on = bench.hold()
    await bench.start()
    await bench.write("a")
    bench.consumer.stop()
    going_on.set()
    await bench.write("b")
    assert (bench.batches, bench.done) == (["a"], 1)
    bench.consumer.start()
    await settle()
    assert bench.batches == ["a", "b"]


async def test_a_batch_in_hand_is_not_delivered_again_however_often_it_is_disabled_and_enabled(bench: Bench) -> None:
    """Readers that were stopped while they waited for the first leave it to the next to wait."""
    going_on = bench.hold()
    await bench.start()
    await bench.write("a")
    for _ in range(3):
        bench.consumer.stop()
        await settle()
        bench.consumer.start()
        await settle()
    await bench.write("b")
    assert bench.batches == ["a"]
    going_on.set()
    await settle()
    assert (bench.batches, bench.done) == (["a", "b"], 2), "each once"


async def test_stopping_ends_a_retry_that_waits(bench: Bench) -> None:
    bench.script(ERROR)
    await bench.start()
    await bench.write("a")
    bench.consumer.stop()
    await bench.later(60)
    assert (bench.batches, bench.done) == (["a"], 0)


async def test_a_stream_that_is_deleted_ends_the_reading(bench: Bench) -> None:
    await bench.start()
    await bench.write("a")
    bench.stream.gone = True
    await bench.write("b")
    assert bench.mapping.last_result == STREAM_GONE


async def test_a_batch_is_one_event_for_listeners(bench: Bench) -> None:
    heard: list[Event] = []
    with bench.events.subscribe(heard.append):
        await bench.start()
        await bench.write("a", "b")
    assert [(event.kind, event.fields["records"], event.fields["failed"]) for event in heard] == [
        ("lambda.batch", 2, None)
    ]


async def test_a_stream_that_cannot_be_read_for_a_while(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keeper was killed, say: it is read again, and nothing is passed over."""
    monkeypatch.setattr(shard_reader, "READ_AGAIN_S", 0)
    await bench.start()
    bench.stream.failures = [UpstreamUnavailable("away"), UpstreamUnavailable("still")]
    await bench.write("a")
    await settle(100)
    assert (bench.batches, bench.done) == (["a"], 1)


# --- filters --------------------------------------------------------------------------------------------------------


async def test_records_that_no_filter_lets_through_are_skipped_and_checked_off(bench: Bench) -> None:
    await bench.start(filters=('{"dynamodb": {"NewImage": {"pk": {"S": ["b", {"prefix": "d"}]}}}}',))
    await bench.write("a", "b", "c", "d", "e")
    assert (bench.batches, bench.done) == (["bd"], 5)


async def test_filters_are_alternatives(bench: Bench) -> None:
    one, other = (json.dumps({"dynamodb": {"Keys": {"pk": {"S": [key]}}}}) for key in "ac")
    await bench.start(filters=(one, other))
    await bench.write("a", "b", "c")
    assert bench.batches == ["ac"]


async def test_a_skipped_record_behind_a_failing_one_waits_for_it(bench: Bench) -> None:
    """The checkpoint moves in order: nothing that is open is passed over."""
    bench.script(ERROR)
    await bench.start(filters=('{"dynamodb": {"Keys": {"pk": {"S": ["a"]}}}}',))
    await bench.write("a", "x")
    assert bench.done == 0
    await bench.later(1)
    assert (bench.batches, bench.done) == (["a", "a"], 2)


# --- ParallelizationFactor ------------------------------------------------------------------------------------------


async def test_lanes_work_side_by_side_and_keep_the_order_of_each_key(bench: Bench) -> None:
    going_on = bench.hold()
    await bench.start(parallelization_factor=10, batch_size=1)
    keys = [f"{key}{number}" for number in range(3) for key in "abcdefgh"]
    await bench.write(*keys)
    lanes = len(bench.batches)
    assert 2 <= lanes <= 8, "as many batches as there are lanes that have something"
    going_on.set()
    await settle(200)
    assert sorted(bench.batches) == sorted(keys)
    for key in "abcdefgh":
        assert [batch for batch in bench.batches if batch[0] == key] == [f"{key}0", f"{key}1", f"{key}2"]
    assert bench.done == len(keys)


async def test_a_lane_that_is_blocked_does_not_hold_up_the_others(bench: Bench) -> None:
    """And what was done ahead of it is not done again when the mapping is disabled and enabled."""

    def poison(payload: bytes) -> Invocation:
        return ERROR if b'"S":"a' in payload else Invocation(b"null")

    bench.function.answer = poison
    await bench.start(parallelization_factor=10, batch_size=1)
    await bench.write("a0", *(f"{key}1" for key in "bcdefgh"))
    others = [batch for batch in bench.batches if batch[0] != "a"]
    assert len(others) >= 4, "those of other lanes"
    assert bench.done == 0
    bench.consumer.stop()
    bench.function.answer = None
    bench.consumer.start()
    await settle(100)
    assert bench.done == 8
    assert sorted(batch for batch in bench.batches if batch[0] != "a") == [f"{key}1" for key in "bcdefgh"], "each once"


# --- what happens in the middle of a batch --------------------------------------------------------------------------


async def test_stopped_between_the_halves_of_a_split_batch(bench: Bench) -> None:
    going_on = asyncio.Event()

    async def hold() -> None:
        if len(bench.batches) > 1:
            await going_on.wait()

    bench.function.hold = hold
    bench.script(ERROR)
    bench.stream.write(*"abcd")
    await bench.start(bisect=True)
    assert bench.batches == ["abcd", "ab"]
    bench.consumer.stop()
    going_on.set()
    await settle()
    assert (bench.batches, bench.done) == (["abcd", "ab"], 2), "the half in hand counts"
    bench.consumer.start()
    await settle()
    assert (bench.batches, bench.done) == (["abcd", "ab", "cd"], 4)


async def test_new_settings_count_for_the_next_batch(bench: Bench) -> None:
    bench.script(ERROR)
    await bench.start()
    await bench.write("a", "b")
    bench.change(batch_size=1)
    await bench.later(1)
    await bench.write("c", "d")
    assert bench.batches == ["ab", "ab", "c", "d"]


async def test_an_error_while_reading_that_nobody_foresaw_ends_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(enduring, "FIRST_PAUSE_S", 0.001)
    bench.stream.failures = [KeyError("a bug"), KeyError("a bug")]
    bench.stream.write(*"ab")
    await bench.start()
    await until(lambda: bench.batches == ["ab"])
    assert "KeyError: 'a bug'" in caplog.text


async def test_a_record_that_cannot_be_handed_out_holds_up_its_shard_and_is_not_passed_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those read with it neither: all of them are delivered once, in order, when it can be."""
    monkeypatch.setattr(enduring, "FIRST_PAUSE_S", 0.001)
    bench.stream.write(*"abc")
    log = bench.stream.logs[SHARD]
    whole, log[1] = log[1], replace(log[1], text=b"no JSON")
    await bench.start(filters=('{"eventID": [{"prefix": "0"}]}',))
    await bench.later(0)
    assert (bench.batches, bench.done) == ([], 0)
    log[1] = whole
    await until(lambda: bench.done == 3)
    assert bench.batches == ["abc"]
