"""CloudWatch Logs delivery: batches within AWS's limits, groups made when missing, nothing lost at the end."""

import asyncio
import json
import time
from typing import Any, cast

import pytest

from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import LogEvent
from cloudrig.engine.names import Scope
from cloudrig.services.upstream import logs as delivery
from cloudrig.services.upstream.logs import BATCH_BYTES, EVENT_OVERHEAD_BYTES, CloudWatchLogs, batches
from cloudrig.services.upstream.moto import Moto
from tests.fakes import FakeMetrics
from tests.services.apigateway.fakes import FakeUpstream
from tests.services.lambda_.harness import until

SCOPE = Scope()


async def messages(moto: Moto, group: str) -> list[str]:
    found = await moto.call("logs", "filter_log_events", SCOPE, logGroupName=group)
    return [event["message"] for event in found["events"]]


def now_event(message: str) -> LogEvent:
    return LogEvent(int(time.time() * 1000), message)


async def test_what_was_put_before_close_arrives_in_order(moto: Moto) -> None:
    logs = CloudWatchLogs(moto, Events(time.time), FakeMetrics())
    await logs.start()
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("one"), now_event("two")])
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("three")])
    await logs.close()
    assert await messages(moto, "/aws/lambda/f") == ["one", "two", "three"]
    assert logs.report() == {"/aws/lambda/f": 3}


async def test_what_the_upstream_cannot_keep_up_with_is_dropped_and_counted(
    moto: Moto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_QUEUED_EVENTS", 2)
    logs = CloudWatchLogs(moto, Events(time.time), FakeMetrics())
    for text in ("one", "two", "three", "four"):
        logs.put(SCOPE, "/aws/lambda/f", "s", [now_event(text)])
    await logs.flush()
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("five")])
    await logs.flush()
    dropped = "[cloudrig] dropped 2 events: more than 2 wait for delivery\n"
    assert await messages(moto, "/aws/lambda/f") == ["one", "two", dropped, "five"]


async def test_a_group_deleted_meanwhile_is_made_again(moto: Moto) -> None:
    logs = CloudWatchLogs(moto, Events(time.time), FakeMetrics())
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("before")])
    await logs.flush()
    await moto.call("logs", "delete_log_group", SCOPE, logGroupName="/aws/lambda/f")
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("after")])
    await logs.flush()
    assert await messages(moto, "/aws/lambda/f") == ["after"]


async def test_the_rigs_clock_may_be_days_ahead(moto: Moto) -> None:
    """What functions log then is not lost, though CloudWatch Logs takes nothing of two hours from now."""
    logs = CloudWatchLogs(moto, Events(time.time), FakeMetrics())
    later_ms = int((time.time() + 3 * 86_400) * 1000)
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("now"), LogEvent(later_ms, "later")])
    await logs.flush()
    found = await moto.call("logs", "filter_log_events", SCOPE, logGroupName="/aws/lambda/f")
    assert [(event["message"], event["timestamp"] == later_ms) for event in found["events"]] == [
        ("now", False),
        ("later", True),
    ]


async def test_an_existing_group_keeps_its_retention(moto: Moto) -> None:
    await moto.call("logs", "create_log_group", SCOPE, logGroupName="/aws/lambda/f")
    await moto.call("logs", "put_retention_policy", SCOPE, logGroupName="/aws/lambda/f", retentionInDays=7)
    logs = CloudWatchLogs(moto, Events(time.time), FakeMetrics())
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("x")])
    await logs.flush()
    groups = await moto.call("logs", "describe_log_groups", SCOPE)
    assert [group["retentionInDays"] for group in groups["logGroups"]] == [7]


def test_batches_are_in_order_of_time() -> None:
    events = [LogEvent(3, "c"), LogEvent(1, "a"), LogEvent(1, "b")]
    assert [event.message for batch in batches(events) for event in batch] == ["a", "b", "c"]


def test_no_batch_passes_the_limits_of_put_log_events() -> None:
    events = [LogEvent(0, "x" * 50_000) for _ in range(60)] + [LogEvent(0, "") for _ in range(25_000)]
    cut = list(batches(events))
    assert sum(map(len, cut)) == len(events)
    for batch in cut:
        assert len(batch) <= 10_000
        assert sum(len(event.message) + EVENT_OVERHEAD_BYTES for event in batch) <= BATCH_BYTES


def test_a_text_over_the_limit_is_cut_and_nothing_of_it_lost() -> None:
    text = "äb" * 300_000
    parts = [event.message for batch in batches([LogEvent(0, text)]) for event in batch]
    assert "".join(parts) == text
    assert all(len(part.encode()) <= 256 * 1024 for part in parts)


async def test_metrics_in_lines_are_taken_out_and_the_lines_kept(moto: Moto) -> None:
    metrics = FakeMetrics()
    logs = CloudWatchLogs(moto, Events(time.time), metrics)
    await logs.start()
    directive = {"Namespace": "Chat", "Dimensions": [["F"]], "Metrics": [{"Name": "Sent"}, {"Name": "Took"}]}
    line = json.dumps({"_aws": {"CloudWatchMetrics": [directive]}, "F": "f", "Sent": 2, "Took": [1, 3]})
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event(line), now_event("no metrics")])
    await logs.close()
    assert metrics.values["Chat", (("F", "f"),), "Sent"].total == 2
    assert metrics.values["Chat", (("F", "f"),), "Took"].count == 2
    assert await messages(moto, "/aws/lambda/f") == [line, "no metrics"]


async def test_an_error_that_nobody_foresaw_costs_one_stream_its_lines_and_no_other(
    moto: Moto, caplog: pytest.LogCaptureFixture
) -> None:
    logs = CloudWatchLogs(moto, Events(time.time), FakeMetrics())
    await logs.start()
    logs.put(SCOPE, "/aws/lambda/bad", "s", [cast(LogEvent, "no event")])
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("one")])
    await until(lambda: logs.report().get("/aws/lambda/f") == 1)
    assert "AttributeError" in caplog.text
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("two")])
    await logs.close()
    assert await messages(moto, "/aws/lambda/f") == ["one", "two"]


async def test_closing_while_a_batch_is_sent_loses_none_of_it(moto: Moto) -> None:
    logs = CloudWatchLogs(moto, Events(time.time), FakeMetrics())
    await logs.start()
    for number in range(20):
        logs.put(SCOPE, "/aws/lambda/f", f"s{number}", [now_event(str(number))])
    await until(lambda: logs.report().get("/aws/lambda/f"))
    await logs.close()
    assert sorted(map(int, await messages(moto, "/aws/lambda/f"))) == list(range(20))


class Hanging(FakeUpstream):
    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}


async def test_an_upstream_that_hangs_does_not_keep_the_rig_from_ending(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivery, "CLOSE_S", 0.05)
    monkeypatch.setattr(delivery, "FLUSH_INTERVAL_S", 0.0)
    logs = CloudWatchLogs(Hanging(), Events(time.time), FakeMetrics())
    await logs.start()
    logs.put(SCOPE, "/aws/lambda/f", "s", [now_event("one")])
    await until(logs._sending.locked)
    await asyncio.wait_for(logs.close(), 10)
    assert "the upstream does not answer" in caplog.text
