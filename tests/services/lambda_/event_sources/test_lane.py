"""Batches and windows of a shard: Lambda guide `services-ddb-params.html`, `services-ddb-windows.html`."""

from __future__ import annotations

import pytest

from cloudrig.services.lambda_.event_sources import windows
from cloudrig.services.lambda_.event_sources.mapping import CALL_FAILED
from tests.services.lambda_.event_sources.bench import ERROR, Bench, answer, numbers_of
from tests.services.lambda_.fakes import SHARD, STREAM
from tests.services.lambda_.harness import settle

# --- MaximumBatchingWindowInSeconds ---------------------------------------------------------------------------------


async def test_a_batch_waits_until_its_window_ends(bench: Bench) -> None:
    await bench.start(batching_window_s=30)
    await bench.write("a")
    await bench.later(20)
    await bench.write("b")
    assert bench.batches == []
    await bench.later(10)
    assert bench.batches == ["ab"]


async def test_a_full_batch_does_not_wait(bench: Bench) -> None:
    await bench.start(batching_window_s=300, batch_size=2)
    await bench.write("a", "b", "c")
    assert bench.batches == ["ab"]
    await bench.later(300)
    assert bench.batches == ["ab", "c"]


async def test_nor_does_one_of_6_mb(bench: Bench) -> None:
    await bench.start(batching_window_s=300)
    await bench.write(*"abcd", size=2_000_000)
    assert bench.batches == ["abc"]


async def test_each_batch_has_a_window_of_its_own(bench: Bench) -> None:
    await bench.start(batching_window_s=10)
    await bench.write("a")
    await bench.later(10)
    await bench.later(100)
    await bench.write("b")
    assert bench.batches == ["a"]
    await bench.later(10)
    assert bench.batches == ["a", "b"]


# --- TumblingWindowInSeconds ----------------------------------------------------------------------------------------

COUNT = 60
"""The bench's clock begins at 1000 s: in the window from 960 to 1020."""


async def test_a_window_is_told_and_keeps_its_state(bench: Bench) -> None:
    bench.script(answer({"state": {"seen": 1}}), answer({"state": {"seen": 2}}))
    await bench.start(tumbling_window_s=COUNT)
    await bench.write("a")
    await bench.write("b")
    first, second = bench.events_got
    assert first.pop("Records")
    assert first == {
        "window": {"start": "1970-01-01T00:16:00Z", "end": "1970-01-01T00:17:00Z"},
        "state": {},
        "shardId": SHARD,
        "eventSourceARN": STREAM,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }
    assert second["state"] == {"seen": 1}


async def test_the_last_call_of_a_window_has_its_state_and_no_records(bench: Bench) -> None:
    bench.script(answer({"state": {"seen": 1}}))
    await bench.start(tumbling_window_s=COUNT)
    await bench.write("a")
    await bench.later(19)
    assert len(bench.events_got) == 1
    await bench.later(1)
    final = bench.events_got[1]
    assert (final["Records"], final["state"], final["isFinalInvokeForWindow"]) == ([], {"seen": 1}, True)
    await bench.later(600)
    assert len(bench.events_got) == 2, "a window without records is none"


async def test_a_window_ends_before_the_next_one_begins(bench: Bench) -> None:
    """Also where both lie in the past: the window of a record is that of its time."""
    bench.stream.write("a")
    bench.clock.advance(COUNT)
    bench.stream.write("b")
    bench.clock.advance(COUNT)
    bench.function.answer = lambda payload: answer({"state": {"some": "thing"}})
    await bench.start(tumbling_window_s=COUNT)
    seen = [(numbers_of(event), event["isFinalInvokeForWindow"], event["state"]) for event in bench.events_got]
    state = {"some": "thing"}
    assert seen == [([1], False, {}), ([], True, state), ([2], False, {}), ([], True, state)]


async def test_an_answer_without_a_state_is_a_failure(bench: Bench) -> None:
    bench.script(answer({}), answer({"state": {}}))
    await bench.start(tumbling_window_s=COUNT)
    await bench.write("a")
    assert (bench.done, bench.mapping.last_result) == (0, CALL_FAILED)
    await bench.later(1)
    assert (bench.batches, bench.done) == (["a", "a"], 1)


async def test_a_failing_last_call_is_repeated_and_blocks_the_shard(bench: Bench) -> None:
    bench.script(answer({"state": {"n": 1}}), ERROR)
    bench.function.answer = lambda payload: answer({"state": {}})
    await bench.start(tumbling_window_s=COUNT)
    await bench.write("a")
    await bench.later(20)
    await bench.write("b")
    assert [event["isFinalInvokeForWindow"] for event in bench.events_got] == [False, True]
    await bench.later(1)
    assert [event["isFinalInvokeForWindow"] for event in bench.events_got] == [False, True, True, False]
    assert bench.events_got[2]["state"] == {"n": 1}


async def test_item_failures_go_with_states(bench: Bench) -> None:
    failures = [{"itemIdentifier": f"{2:021d}"}]
    bench.script(answer({"state": {"n": 1}, "batchItemFailures": failures}), answer({"state": {"n": 2}}))
    bench.stream.write("a", "b")
    await bench.start(tumbling_window_s=COUNT, reports_item_failures=True)
    assert (bench.batches, bench.done) == (["ab"], 1)
    await bench.later(1)
    assert (bench.batches, bench.done, bench.events_got[1]["state"]) == (["ab", "b"], 2, {"n": 1})


@pytest.mark.unverified
async def test_a_state_above_1_mb_ends_the_window_early(bench: Bench) -> None:
    large = {"x": "y" * windows.MAX_STATE_BYTES}
    bench.script(answer({"state": large}), answer({"state": {}}))
    bench.function.answer = lambda payload: answer({"state": {}})
    await bench.start(tumbling_window_s=COUNT)
    await bench.write("a")
    early = bench.events_got[1]
    assert (early["isFinalInvokeForWindow"], early["isWindowTerminatedEarly"], early["state"]) == (True, True, large)
    await bench.write("b")
    assert bench.events_got[2]["state"] == {}


async def test_an_open_window_outlasts_disabling(bench: Bench) -> None:
    bench.script(answer({"state": {"n": 1}}))
    bench.function.answer = lambda payload: answer({"state": {}})
    await bench.start(tumbling_window_s=COUNT)
    await bench.write("a")
    bench.consumer.stop()
    await settle()
    await bench.later(100)
    bench.consumer.start()
    await settle()
    assert (bench.events_got[1]["isFinalInvokeForWindow"], bench.events_got[1]["state"]) == (True, {"n": 1})


# --- errors that nobody foresaw -------------------------------------------------------------------------------------


async def test_an_error_of_the_rig_itself_is_logged_and_the_batch_tried_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Later each time, however often; it uses up no retry and loses no record."""
    bench.script(KeyError("a bug"), KeyError("a bug"))
    await bench.start(maximum_retry_attempts=0, batch_size=2)
    await bench.write(*"abc")
    assert (bench.batches, bench.done) == (["ab"], 0)
    assert "KeyError: 'a bug'" in caplog.text
    await bench.later(1)
    await bench.later(1)
    assert bench.batches == ["ab", "ab"]
    await bench.later(1)
    assert (bench.batches, bench.done) == (["ab", "ab", "ab", "c"], 3)


async def test_what_of_a_batch_was_done_before_the_error_is_not_repeated(bench: Bench) -> None:
    bench.script(ERROR, answer(None), KeyError("a bug"))
    bench.stream.write(*"abcd")
    await bench.start(bisect=True)
    await settle()
    assert (bench.batches, bench.done) == (["abcd", "ab", "cd"], 2)
    await bench.later(1)
    assert (bench.batches, bench.done) == (["abcd", "ab", "cd", "cd"], 4)


async def test_a_mapping_can_be_disabled_between_an_error_and_the_next_try(bench: Bench) -> None:
    bench.script(KeyError("a bug"))
    await bench.start()
    await bench.write("a")
    bench.consumer.stop()
    await bench.later(60)
    assert (bench.batches, bench.done) == (["a"], 0)
    bench.consumer.start()
    await settle()
    assert (bench.batches, bench.done) == (["a", "a"], 1)
