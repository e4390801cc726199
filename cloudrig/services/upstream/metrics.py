"""CloudWatch metrics as the engine writes them: added up in memory, put to the upstream in batches, in nobody's way.

Values of one minute are one set of statistics on AWS, however often they are put; here that is every few seconds, so
that nobody waits long to see them.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.clock import Clock, Timer
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Dimensions, Statistics, Upstream
from cloudrig.engine.names import Scope

log = logging.getLogger(__name__)

PERIOD_S = 5.0
BATCH_METRICS = 1000
CLOSE_S = 2.0

_Key = tuple[Scope, str, Dimensions, str, str]


class CloudWatchMetrics:
    """Implements `interfaces.MetricSink`; a second is one of the rig's clock."""

    def __init__(self, clock: Clock, upstream: Upstream) -> None:
        self._clock = clock
        self._upstream = upstream
        self._noted: dict[_Key, Statistics] = {}
        self._timer: Timer | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._sources: list[Callable[[], None]] = []

    def collect_from(self, source: Callable[[], None]) -> None:
        """Call this before each put: who counts by itself adds then what it has counted."""
        self._sources.append(source)

    def expect(self) -> None:
        """There is something to put, or will be."""
        if self._timer is None:
            self._timer = self._clock.call_later(PERIOD_S, self._put)

    def add(
        self,
        scope: Scope,
        namespace: str,
        dimensions: Dimensions,
        name: str,
        value: float = 1.0,
        unit: str = "Count",
    ) -> None:
        key = scope, namespace, dimensions, name, unit
        statistics = self._noted.get(key)
        if statistics is None:
            statistics = self._noted[key] = Statistics()
            self.expect()
        statistics.add(value)

    def merge(
        self, scope: Scope, namespace: str, dimensions: Dimensions, name: str, statistics: Statistics, unit: str
    ) -> None:
        key = scope, namespace, dimensions, name, unit
        self._noted.setdefault(key, Statistics()).merge(statistics)
        self.expect()

    async def start(self) -> None:
        """Nothing: it begins with the first value."""

    async def flush(self) -> None:
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
        for collect in self._sources:
            collect()
        noted, self._noted = self._noted, {}
        if noted:
            task = asyncio.get_running_loop().create_task(self._send(noted, self._clock.utc()))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, noted: dict[_Key, Statistics], at: datetime) -> None:
        for scope, namespace, batch in _batches(noted, at):
            try:
                await self._upstream.call("cloudwatch", "put_metric_data", scope, Namespace=namespace, MetricData=batch)
            except (ClientError, BotoCoreError, ServiceError) as error:
                log.warning("%d metrics of %s were not put: %s", len(batch), namespace, error)
            except Exception:  # those of other namespaces are
                log.exception("%d metrics of %s were not put", len(batch), namespace)


def _batches(noted: dict[_Key, Statistics], at: datetime) -> Iterator[tuple[Scope, str, list[dict[str, Any]]]]:
    """What PutMetricData takes, by account, region and namespace."""
    for place in {key[:2] for key in noted}:
        data = (_datum(key, statistics, at) for key, statistics in noted.items() if key[:2] == place)
        while batch := list(islice(data, BATCH_METRICS)):
            yield *place, batch


def _datum(key: _Key, statistics: Statistics, at: datetime) -> dict[str, Any]:
    _, _, dimensions, name, unit = key
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
