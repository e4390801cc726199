"""CloudWatch Logs as the engine writes to it: queued in memory, sent in batches, never in a function's way.

Limits of PutLogEvents: 10,000 events and 1,048,576 bytes a batch, 26 bytes counted per event beside its text; events in
order of time; https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.enduring import Enduring
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import LogEvent, MetricSink, Upstream
from cloudrig.engine.names import Scope
from cloudrig.services.upstream.embedded_metrics import metrics_in

log = logging.getLogger(__name__)

FLUSH_INTERVAL_S = 0.5
CLOSE_S = 8.0
_MOST_OF_THE_TIME = 0.1
"""Sending takes no more than this share of the time: under load batches become larger and fewer instead."""
_LONGEST_INTERVAL_S = 1.0
BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
MAX_EVENT_BYTES = 256 * 1024
MAX_QUEUED_EVENTS = 200_000
"""What waits at most, of all streams; an upstream that is slower than that gets the rest as one line that counts it."""

_StreamKey = tuple[Scope, str, str]


class CloudWatchLogs:
    """Implements `interfaces.LogSink` on the upstream's CloudWatch Logs."""

    def __init__(self, upstream: Upstream, events: Events, metrics: MetricSink) -> None:
        """`metrics` gets those that stand in the lines (see `embedded_metrics`)."""
        self._upstream = upstream
        self._events = events
        self._metrics = metrics
        self._queued: dict[_StreamKey, list[LogEvent]] = {}
        self._dropped: dict[_StreamKey, int] = {}
        self._waiting = 0
        self._delivered: Counter[str] = Counter()
        self._known: set[_StreamKey] = set()
        self._wake = asyncio.Event()
        self._sending = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Deliver what is queued, if the upstream takes it within `CLOSE_S`, then stop."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.flush()
        except TimeoutError:
            log.error("the upstream does not answer: what was logged last is not delivered")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def put(self, scope: Scope, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        key = (scope, group, stream)
        queue = self._queued.setdefault(key, [])
        if self._waiting < MAX_QUEUED_EVENTS:
            queue.extend(events)
            self._waiting += len(events)
        else:
            self._dropped[key] = self._dropped.get(key, 0) + len(events)
        self._wake.set()

    def report(self) -> Mapping[str, int]:
        """How many events each log group has been given, of all accounts: who follows groups need not ask for each."""
        return self._delivered

    async def flush(self) -> None:
        async with self._sending:
            queued, self._queued = self._queued, {}
            dropped, self._dropped = self._dropped, {}
            for key, events in queued.items():
                if key in dropped:
                    events.append(_dropped_event(events, dropped[key]))
                await self._send(key, events)
            self._waiting = sum(map(len, self._queued.values()))
            for key, events in queued.items():
                self._take_metrics(key[0], events)

    async def _run(self) -> None:
        interval_s, going_on = FLUSH_INTERVAL_S, Enduring("delivery of logs")
        while True:
            async with going_on:
                await self._wake.wait()
                await asyncio.sleep(interval_s)
                self._wake.clear()
                began = time.monotonic()
                await self.flush()
                took_s = time.monotonic() - began
                interval_s = min(max(FLUSH_INTERVAL_S, took_s / _MOST_OF_THE_TIME), _LONGEST_INTERVAL_S)

    async def _send(self, key: _StreamKey, events: list[LogEvent]) -> None:
        try:
            for batch in batches(events):
                await self._put_batch(key, batch)
        except (ClientError, BotoCoreError, ServiceError) as error:
            log.warning("%d log events of %s %s were not delivered: %s", len(events), key[1], key[2], error)
        except Exception:  # those of other streams are
            log.exception("%d log events of %s %s were not delivered", len(events), key[1], key[2])

    def _take_metrics(self, scope: Scope, events: list[LogEvent]) -> None:
        for event in events:
            for metric in metrics_in(event.message):
                if self._events.listening:
                    key = (metric.namespace, metric.name, metric.dimensions)
                    self._events.emit("cloudwatch.metric", metric=key)
                for value in metric.values:
                    self._metrics.add(scope, metric.namespace, metric.dimensions, metric.name, value, metric.unit)

    async def _put_batch(self, key: _StreamKey, batch: list[LogEvent]) -> None:
        scope, group, stream = key
        if key not in self._known:
            await self._create(scope, group, stream)
            self._known.add(key)
        if self._events.listening:
            size = sum(len(event.message.encode()) + EVENT_OVERHEAD_BYTES for event in batch)
            self._events.emit("logs.put", group=group, size=size)
        content = [{"timestamp": event.timestamp_ms, "message": event.message} for event in batch]
        members: dict[str, Any] = {"logGroupName": group, "logStreamName": stream, "logEvents": content}
        try:
            await self._upstream.call("logs", "put_log_events", scope, **members)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            await self._create(scope, group, stream)  # somebody deleted the group meanwhile, as Lambda re-creates it
            await self._upstream.call("logs", "put_log_events", scope, **members)
        self._delivered[group] += len(batch)

    async def _create(self, scope: Scope, group: str, stream: str) -> None:
        for operation, members in (
            ("create_log_group", {"logGroupName": group}),
            ("create_log_stream", {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                await self._upstream.call("logs", operation, scope, **members)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise


def _dropped_event(before: list[LogEvent], count: int) -> LogEvent:
    at_ms = before[-1].timestamp_ms if before else int(time.time() * 1000)
    return LogEvent(at_ms, f"[cloudrig] dropped {count} events: more than {MAX_QUEUED_EVENTS:,} wait for delivery\n")


def batches(events: list[LogEvent]) -> Iterator[list[LogEvent]]:
    """Events in order of time, cut into what PutLogEvents takes; a text over 256 KB is cut as Lambda does."""
    batch: list[LogEvent] = []
    size = 0
    for event in sorted(events, key=lambda one: one.timestamp_ms):
        for part in _parts(event):
            length = len(part.message.encode()) + EVENT_OVERHEAD_BYTES
            if batch and (len(batch) == BATCH_EVENTS or size + length > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(part)
            size += length
    if batch:
        yield batch


def _parts(event: LogEvent) -> Iterator[LogEvent]:
    if len(event.message) * 4 <= MAX_EVENT_BYTES:
        yield event
        return
    width = MAX_EVENT_BYTES // 4
    for start in itertools.count(0, width):
        text = event.message[start : start + width]
        if not text:
            return
        yield LogEvent(event.timestamp_ms, text)
