"""`AWS/ApiGateway` metrics on their way to the upstream."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.metrics import Metrics
from tests.services.apigateway.fakes import FakeUpstream

HERE, ELSEWHERE = Scope(), Scope(region="eu-west-1")
STAGE = (("ApiId", "abcdefghij"), ("Stage", "prod"))


class DeadUpstream(FakeUpstream):
    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        raise UpstreamUnavailable("gone")


async def test_values_are_added_up() -> None:
    upstream = FakeUpstream()
    metrics = Metrics(Clock(source=lambda: 0.0), upstream)
    for value in (3.0, 1.0, 5.0):
        metrics.add(HERE, STAGE, "Latency", value, "Milliseconds")
    await metrics.flush()
    [(operation, scope, members)] = upstream.calls
    assert (operation, scope, members["Namespace"]) == ("put_metric_data", HERE, "AWS/ApiGateway")
    [datum] = members["MetricData"]
    assert datum["Unit"] == "Milliseconds"
    assert datum["StatisticValues"] == {"SampleCount": 3, "Sum": 9.0, "Minimum": 1.0, "Maximum": 5.0}
    assert datum["Dimensions"] == [{"Name": "ApiId", "Value": "abcdefghij"}, {"Name": "Stage", "Value": "prod"}]


async def test_a_minute_of_the_rigs_clock() -> None:
    """Nothing is sent before; without traffic nothing is sent at all."""
    clock, upstream = Clock(source=lambda: 0.0), FakeUpstream()
    metrics = Metrics(clock, upstream)
    clock.advance(120)
    metrics.add(HERE, STAGE, "Count")
    clock.advance(59)
    assert upstream.calls == []
    clock.advance(1)
    await metrics.flush()
    assert upstream.metrics("Count") == [({"ApiId": "abcdefghij", "Stage": "prod"}, 1.0)]


async def test_batches_by_account_and_region() -> None:
    upstream = FakeUpstream()
    metrics = Metrics(Clock(source=lambda: 0.0), upstream)
    for number in range(1001):
        metrics.add(HERE, STAGE, f"m{number}")
    metrics.add(ELSEWHERE, STAGE, "Count")
    await metrics.flush()
    sizes = sorted((scope.region, len(members["MetricData"])) for _, scope, members in upstream.calls)
    assert sizes == [("eu-west-1", 1), ("us-east-1", 1), ("us-east-1", 1000)]


async def test_an_upstream_that_is_gone_loses_them(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics(Clock(source=lambda: 0.0), DeadUpstream())
    metrics.add(HERE, STAGE, "Count")
    with caplog.at_level(logging.WARNING):
        await asyncio.wait_for(metrics.close(), 5)
    assert "were not put" in caplog.text
