"""Metrics on their way to the upstream."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Statistics
from cloudrig.engine.names import Scope
from cloudrig.services.upstream.metrics import PERIOD_S, CloudWatchMetrics
from tests.services.apigateway.fakes import FakeUpstream

NAMESPACE = "AWS/ApiGateway"
HERE, ELSEWHERE = Scope(), Scope(region="eu-west-1")
STAGE = (("ApiId", "abcdefghij"), ("Stage", "prod"))


class DeadUpstream(FakeUpstream):
    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        raise UpstreamUnavailable("gone")


async def test_values_are_added_up() -> None:
    upstream = FakeUpstream()
    metrics = CloudWatchMetrics(Clock(source=lambda: 0.0), upstream)
    for value in (3.0, 1.0, 5.0):
        metrics.add(HERE, NAMESPACE, STAGE, "Latency", value, "Milliseconds")
    await metrics.flush()
    [(operation, scope, members)] = upstream.calls
    assert (operation, scope, members["Namespace"]) == ("put_metric_data", HERE, "AWS/ApiGateway")
    [datum] = members["MetricData"]
    assert datum["Unit"] == "Milliseconds"
    assert datum["StatisticValues"] == {"SampleCount": 3, "Sum": 9.0, "Minimum": 1.0, "Maximum": 5.0}
    assert datum["Dimensions"] == [{"Name": "ApiId", "Value": "abcdefghij"}, {"Name": "Stage", "Value": "prod"}]


async def test_some_seconds_of_the_rigs_clock() -> None:
    """Nothing is sent before; without traffic nothing is sent at all."""
    clock, upstream = Clock(source=lambda: 0.0), FakeUpstream()
    metrics = CloudWatchMetrics(clock, upstream)
    clock.advance(120)
    metrics.add(HERE, NAMESPACE, STAGE, "Count")
    clock.advance(PERIOD_S - 1)
    assert upstream.calls == []
    clock.advance(1)
    await metrics.flush()
    assert upstream.metrics("Count") == [({"ApiId": "abcdefghij", "Stage": "prod"}, 1.0)]


async def test_batches_by_account_and_region() -> None:
    upstream = FakeUpstream()
    metrics = CloudWatchMetrics(Clock(source=lambda: 0.0), upstream)
    for number in range(1001):
        metrics.add(HERE, NAMESPACE, STAGE, f"m{number}")
    metrics.add(ELSEWHERE, NAMESPACE, STAGE, "Count")
    await metrics.flush()
    sizes = sorted((scope.region, len(members["MetricData"])) for _, scope, members in upstream.calls)
    assert sizes == [("eu-west-1", 1), ("us-east-1", 1), ("us-east-1", 1000)]


async def test_an_upstream_that_is_gone_loses_them(caplog: pytest.LogCaptureFixture) -> None:
    metrics = CloudWatchMetrics(Clock(source=lambda: 0.0), DeadUpstream())
    metrics.add(HERE, NAMESPACE, STAGE, "Count")
    with caplog.at_level(logging.WARNING):
        await asyncio.wait_for(metrics.close(), 5)
    assert "were not put" in caplog.text


async def test_who_counts_by_itself_is_asked_before_each_put() -> None:
    upstream = FakeUpstream()
    metrics = CloudWatchMetrics(Clock(source=lambda: 0.0), upstream)
    counted = Statistics(3, 6.0, 1.0, 3.0)
    metrics.collect_from(lambda: metrics.merge(HERE, "AWS/Lambda", (), "Duration", counted, "Milliseconds"))
    metrics.add(HERE, "AWS/Lambda", (), "Duration", 10.0, "Milliseconds")
    await metrics.flush()
    [(_, _, members)] = upstream.calls
    assert members["MetricData"][0]["StatisticValues"] == {
        "SampleCount": 4,
        "Sum": 16.0,
        "Minimum": 1.0,
        "Maximum": 10.0,
    }


async def test_a_source_that_fails_once_ends_nothing() -> None:
    clock, upstream = Clock(source=lambda: 0.0), FakeUpstream()
    metrics, failures = CloudWatchMetrics(clock, upstream), [KeyError("a bug")]

    def count() -> None:
        if failures:
            raise failures.pop()
        metrics.add(HERE, NAMESPACE, STAGE, "Count")

    metrics.collect_from(count)
    metrics.expect()
    clock.advance(PERIOD_S)
    metrics.expect()
    clock.advance(PERIOD_S)
    await metrics.flush()
    assert upstream.metrics("Count")
