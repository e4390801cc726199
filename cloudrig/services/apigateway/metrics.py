"""`AWS/ApiGateway` metrics: added up in memory, put to the upstream's CloudWatch once a minute, in nobody's way.

Sources: AG `api-gateway-metrics-and-dimensions.html`, `apigateway-websocket-api-logging.html`;
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.clock import Clock, Timer
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.names import Scope

log = logging.getLogger(__name__)

NAMESPACE = "AWS/ApiGateway"
PERIOD_S = 60.0
BATCH_METRICS = 1000
CLOSE_S = 2.0

Dimensions = tuple[tuple[str, str], ...]
_Key = tuple[Scope, Dimensions, str, str]


@dataclass(slots=True)
class _Statistics:
    """A minute's values of one metric."""

    count: int
    total: float
    least: float
    most: float

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


class Metrics:
    """All metrics of a rig; a minute is one of its clock."""

    def __init__(self, clock: Clock, upstream: Upstream) -> None:
        self._clock = clock
        self._upstream = upstream
        self._minute: dict[_Key, _Statistics] = {}
        self._timer: Timer | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def add(self, scope: Scope, dimensions: Dimensions, name: str, value: float = 1.0, unit: str = "Count") -> None:
        """Note one value of a metric."""
        key = scope, dimensions, name, unit
        statistics = self._minute.get(key)
        if statistics is None:
            self._minute[key] = _Statistics(1, value, value, value)
            if self._timer is None:
                self._timer = self._clock.call_later(PERIOD_S, self._put)
        else:
            statistics.add(value)

    async def flush(self) -> None:
        """Return once everything noted before has been put, or reported as lost."""
        self._put()
        await asyncio.gather(*self._sending)

    async def close(self) -> None:
        """Put what is left, if the upstream is quick about it."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.flush()
        except TimeoutError:
            for task in self._sending:
                task.cancel()

    def _put(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        minute, self._minute = self._minute, {}
        if minute:
            task = asyncio.get_running_loop().create_task(self._send(minute, self._clock.utc()))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, minute: dict[_Key, _Statistics], at: datetime) -> None:
        for scope, batch in _batches(minute, at):
            try:
                await self._upstream.call("cloudwatch", "put_metric_data", scope, Namespace=NAMESPACE, MetricData=batch)
            except (ClientError, BotoCoreError, ServiceError) as error:
                log.warning("%d metrics of API Gateway were not put: %s", len(batch), error)


def _batches(minute: dict[_Key, _Statistics], at: datetime) -> Iterator[tuple[Scope, list[dict[str, Any]]]]:
    """What PutMetricData takes, by account and region."""
    for scope in {key[0] for key in minute}:
        data = (_datum(key, statistics, at) for key, statistics in minute.items() if key[0] == scope)
        while batch := list(islice(data, BATCH_METRICS)):
            yield scope, batch


def _datum(key: _Key, statistics: _Statistics, at: datetime) -> dict[str, Any]:
    _, dimensions, name, unit = key
    return {
        "MetricName": name,
        "Dimensions": [{"Name": dimension, "Value": value} for dimension, value in dimensions],
        "Timestamp": at,
        "Unit": unit,
        "StatisticValues": {
            "SampleCount": statistics.count,
            "Sum": statistics.total,
            "Minimum": statistics.least,
            "Maximum": statistics.most,
        },
    }
