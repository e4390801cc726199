"""Delivers the records of one shard to a function: in order, one batch at a time.

A batch that fails blocks its shard until it succeeds, grows too old or runs out of retries; a function that has no
room is waited for, which uses up no retries. Nothing is passed over: the position moves only behind records that were
processed, or given up for one of those reasons.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import Invocation, StreamGone, StreamReader, StreamRecord
from cloudrig.services.lambda_.batch_failures import first_failed
from cloudrig.services.lambda_.event_source import CALL_FAILED, OK, STREAM_GONE, Invoke, Mapping
from cloudrig.services.lambda_.invocations import MAX_SYNC_BYTES
from cloudrig.services.lambda_.tasks import Tasks

log = logging.getLogger(__name__)

FIRST_RETRY_DELAY_S = 1.0  # unverified: AWS backs off exponentially and does not say from where
MAX_RETRY_DELAY_S = 60.0  # unverified
STREAM_RETENTION_S = 86_400
"""A stream keeps its records for a day; a batch that fails until then is lost with them."""

Records = Sequence[StreamRecord]


@dataclass(frozen=True, slots=True)
class Feed:
    """What readers of shards work with, the same for all of a rig."""

    reader: StreamReader
    invoke: Invoke
    clock: Clock
    events: Events
    tasks: Tasks


class ShardReader:
    """Reads one shard of a mapping from its position until `stop`."""

    def __init__(self, mapping: Mapping, shard: str, feed: Feed) -> None:
        self._mapping = mapping
        self._shard = shard
        self._feed = feed
        self._stopping = False
        self._calling = False
        self._task: asyncio.Task[None] | None = None

    def start(self, before: ShardReader | None) -> None:
        """Read; `before` is an earlier reader of the shard that may still be at its last batch."""
        self._task = self._feed.tasks.start(self._read(before))

    def stop(self) -> None:
        """Read no more. A batch that the function has in hand is finished and counts."""
        self._stopping = True
        if self._task is not None and not self._calling:
            self._task.cancel()

    async def _read(self, before: ShardReader | None) -> None:
        if before is not None and before._task is not None:
            await asyncio.wait([before._task])
        mapping, reader = self._mapping, self._feed.reader
        try:
            while not self._stopping:
                position = mapping.positions[self._shard]
                records = await reader.read(mapping.stream_arn, self._shard, position, mapping.batch_size)
                if records:
                    await self._deliver(records, 0)
                else:
                    await reader.wait(mapping.stream_arn)
        except StreamGone:
            mapping.last_result = STREAM_GONE

    async def _deliver(self, records: Records, attempts: int) -> None:
        """Have records processed or given up. `attempts` counts those that failed and used up a retry."""
        mapping, refusals = self._mapping, 0
        while (records := self._without_old(records)) and not self._stopping:
            payload = _payload(records)
            if len(payload) > MAX_SYNC_BYTES and len(records) > 1:
                return await self._deliver_halves(records, attempts)
            try:
                failed = await self._call(records, payload)
            except ServiceError as error:  # no room, or no function: both may change
                log.warning("%s cannot invoke %s: %s", mapping.arn, mapping.function.arn, error)
                refusals += 1
                await self._back_off(refusals)
                continue
            if failed is None:
                return self._advance(records)
            if failed == 0 and mapping.bisect and len(records) > 1:
                return await self._deliver_halves(records, attempts)
            self._advance(records[:failed])
            records, attempts = records[failed:], attempts + 1
            if 0 <= mapping.maximum_retry_attempts < attempts:
                return self._give_up(records, "RetryAttemptsExhausted")
            await self._back_off(attempts)
        return None

    async def _deliver_halves(self, records: Records, attempts: int) -> None:
        """One half after the other; the split itself uses up no retry."""
        middle = len(records) // 2
        await self._deliver(records[:middle], attempts)
        await self._deliver(records[middle:], attempts)

    async def _call(self, records: Records, payload: bytes) -> int | None:
        """Call the function; returns the first record to repeat, None where all is done. Raises ServiceError."""
        mapping = self._mapping
        self._calling = True
        try:
            answer = await self._feed.invoke(mapping.function, payload)
        except ServiceError:
            mapping.last_result = CALL_FAILED
            raise
        finally:
            self._calling = False
        failed = self._first_failed(records, answer)
        mapping.last_result = OK if failed is None else CALL_FAILED
        if self._feed.events.listening:
            fields = {"mapping": mapping.uuid, "shard": self._shard, "records": len(records), "failed": failed}
            self._feed.events.emit("lambda.batch", **fields)
        return failed

    def _first_failed(self, records: Records, answer: Invocation) -> int | None:
        if answer.function_error is not None:
            return 0
        if not self._mapping.reports_item_failures:
            return None
        return first_failed([record.sequence_number for record in records], answer.payload)

    async def _back_off(self, times: int) -> None:
        if not self._stopping:
            await self._feed.clock.sleep(min(FIRST_RETRY_DELAY_S * 2.0 ** min(times - 1, 10), MAX_RETRY_DELAY_S))

    def _without_old(self, records: Records) -> Records:
        """The records without those at the head that have grown too old, which are given up."""
        limit_s = self._mapping.maximum_record_age_s
        oldest = self._feed.clock.now() - (limit_s if limit_s >= 0 else STREAM_RETENTION_S)
        old = next((index for index, record in enumerate(records) if record.at >= oldest), len(records))
        if old:
            self._give_up(records[:old], "MaximumRecordAgeExceeded")
        return records[old:]

    def _give_up(self, records: Records, condition: str) -> None:
        log.warning("%s gives up %d records of %s: %s", self._mapping.arn, len(records), self._shard, condition)
        self._advance(records)

    def _advance(self, records: Records) -> None:
        if records:
            self._mapping.positions[self._shard] = records[-1].sequence_number


def _payload(records: Records) -> bytes:
    event = {"Records": [record.record for record in records]}
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
