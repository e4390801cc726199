"""Reads one shard of a mapping: filters its records and hands them to the shard's lanes, by partition key.

It reads ahead of what is delivered as far as the lanes need it, so that one that is blocked does not starve the others.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Callable, Sequence

from cloudrig.engine.enduring import Enduring
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import ShardEnded, StreamGone, StreamRecord
from cloudrig.services.lambda_.errors import ResourceNotFound
from cloudrig.services.lambda_.event_sources.delivery import Parcel
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.event_sources.filters import compile_filter
from cloudrig.services.lambda_.event_sources.lane import Lane
from cloudrig.services.lambda_.event_sources.mapping import STREAM_GONE, Mapping, Source

log = logging.getLogger(__name__)

READ_AGAIN_S = 0.5
"""Of real time: what is waited for is a process."""
READ_AHEAD = 10_000
"""Records that may be open in a shard whose lanes work side by side."""

Records = Sequence[StreamRecord]


class ShardReader:
    """Reads one shard of a mapping from its checkpoint until `stop`, or the shard's end, which it tells."""

    def __init__(self, mapping: Mapping, shard: str, feed: Feed, ended: Callable[[], None]) -> None:
        self._mapping = mapping
        self._shard = shard
        self._feed = feed
        self._ended = ended
        self._checkpoint = mapping.checkpoints[shard]
        self._matches = compile_filter(mapping.source, mapping.settings.filters)
        self._room = asyncio.Event()
        self._lanes: list[Lane] = []
        self._before: ShardReader | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, before: ShardReader | None) -> None:
        """Read; `before` is an earlier reader of the shard that may still be at its last batches."""
        self._before = before
        self._task = self._feed.tasks.start(self._read())

    def stop(self) -> None:
        """Read no more. Batches that the function has in hand are finished and count."""
        if self._task is not None:
            self._task.cancel()
        for lane in self._lanes:
            lane.stop()

    async def _finished(self) -> None:
        if self._before is not None:  # stopped while it still waited for that one
            await self._before._finished()
        tasks = [lane.task for lane in self._lanes] + ([self._task] if self._task else [])
        if tasks:
            await asyncio.wait(tasks)

    async def _read(self) -> None:
        if self._before is not None:
            await self._before._finished()
            self._before = None
        mapping, checkpoint = self._mapping, self._checkpoint
        self._lanes = [
            Lane(mapping, self._shard, number, checkpoint, self._feed, self._room.set)
            for number in range(mapping.settings.parallelization_factor)
        ]
        checkpoint.reopen()
        position = checkpoint.position
        going_on = Enduring(f"{mapping.arn}: reading of {self._shard}", until=(ShardEnded, StreamGone))
        try:
            while True:
                async with going_on:
                    position = await self._read_from(position)
        except ShardEnded:
            self._caught_up()
            while checkpoint.open:
                self._room.clear()
                await self._room.wait()
            checkpoint.ended = True
            self._ended()
        except StreamGone:
            mapping.last_result = STREAM_GONE

    async def _read_from(self, position: str | None) -> str | None:
        """Hand out records, or wait until there may be some; where to read on. Raises ShardEnded, StreamGone."""
        mapping, reader = self._mapping, self._feed.reader
        limit = await self._free()
        try:
            records = await reader.read(mapping.source_arn, self._shard, position, limit)
        except ServiceError as error:  # whoever keeps the records is busy, or being started again
            log.warning("%s cannot read %s now: %s", mapping.arn, self._shard, error)
            await asyncio.sleep(READ_AGAIN_S)
            return position
        if records:
            self._hand_out(records)
            return records[-1].sequence_number
        self._caught_up()
        await reader.wait(mapping.source_arn)
        return position

    def _caught_up(self) -> None:
        for lane in self._lanes:
            lane.caught_up()

    async def _free(self) -> int:
        """How many records there is room for, which is at least one."""
        while True:
            size = self._mapping.settings.batch_size
            if len(self._lanes) == 1:
                free = size - len(self._lanes[0])
            else:
                free = min(max(READ_AHEAD, size) - self._checkpoint.open, size * len(self._lanes))
            if free > 0:
                return free
            self._room.clear()
            await self._room.wait()

    def _hand_out(self, records: Records) -> None:
        done: list[str] = []
        for record, parcel in [(record, self._parcel(record)) for record in records]:  # of which all may fail, or none
            if self._checkpoint.read(record.sequence_number) and parcel is not None:
                self._lane(record).put(parcel)
            else:
                done.append(record.sequence_number)
        self._checkpoint.done(done)

    def _parcel(self, record: StreamRecord) -> Parcel | None:
        """What the function gets of a record; None where the filters leave it out."""
        if self._matches is not None and not self._matches(record.parsed()):
            return None
        if self._mapping.source is not Source.KINESIS:
            return Parcel(record, record.text)
        content = {**record.parsed(), "invokeIdentityArn": self._role()}
        return Parcel(record, json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())

    def _role(self) -> str:
        try:
            return self._feed.find(self._mapping.function).settings.role
        except ResourceNotFound:
            return ""

    def _lane(self, record: StreamRecord) -> Lane:
        if len(self._lanes) == 1:
            return self._lanes[0]
        return self._lanes[zlib.crc32(record.partition_key.encode()) % len(self._lanes)]
