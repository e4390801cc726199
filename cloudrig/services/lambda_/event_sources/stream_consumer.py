"""Carries out a mapping of a stream: a reader for each of its shards, those included that come later.

A shard that came of a split or merge is read when its parents are closed and done: a key's records were theirs before.
Source: https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
"""

from __future__ import annotations

import asyncio
import logging

from cloudrig.engine.enduring import Enduring
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import StreamGone, TimedStreamReader
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.event_sources.mapping import STREAM_GONE, Checkpoint, Mapping
from cloudrig.services.lambda_.event_sources.shard_reader import ShardReader

log = logging.getLogger(__name__)

NEW_SHARDS_EVERY_S = 10.0


class StreamConsumer:
    """Reads a mapping's stream; `start` and `stop` as the mapping is enabled and disabled."""

    def __init__(self, mapping: Mapping, feed: Feed) -> None:
        self._mapping = mapping
        self._feed = feed
        self._readers: dict[str, ShardReader] = {}
        self._reading: set[str] = set()
        self._discovery: asyncio.Task[None] | None = None

    async def locate(self) -> None:
        """Fix where a new mapping starts. Raises StreamGone."""
        mapping = self._mapping
        for shard, parents in (await self._feed.reader.shards(mapping.source_arn)).items():
            mapping.checkpoints[shard] = Checkpoint(await self._first_position(shard), parents)

    def start(self) -> None:
        self._reading.clear()
        self._start_readers()
        self._look_for_shards()

    def stop(self) -> None:
        """Read no more; checkpoints stay. Batches in hand are finished and count."""
        if self._discovery is not None:
            self._discovery.cancel()
        for reader in self._readers.values():
            reader.stop()

    async def _first_position(self, shard: str) -> str | None:
        mapping, reader = self._mapping, self._feed.reader
        if mapping.starting_position == "LATEST":
            return await reader.latest(mapping.source_arn, shard)
        if mapping.starting_timestamp is not None and isinstance(reader, TimedStreamReader):
            return await reader.at_timestamp(mapping.source_arn, shard, mapping.starting_timestamp)
        return None

    def _look_for_shards(self) -> None:
        """Now, as when a shard has ended and others go on where it did, and then every so often."""
        if self._discovery is not None:
            self._discovery.cancel()
        self._discovery = self._feed.tasks.start(self._discover())

    async def _discover(self) -> None:
        """Start on shards that the stream got since, from their beginning."""
        going_on = Enduring(f"{self._mapping.arn}: the search for new shards", until=(StreamGone,))
        try:
            while True:
                async with going_on:
                    await self._look()
                    await self._feed.clock.sleep(NEW_SHARDS_EVERY_S)
        except StreamGone:
            self._mapping.last_result = STREAM_GONE

    async def _look(self) -> None:
        try:
            shards = await self._feed.reader.shards(self._mapping.source_arn)
        except ServiceError as error:
            log.warning("%s cannot look for new shards now: %s", self._mapping.arn, error)
            shards = {}
        for shard, parents in shards.items():
            if shard not in self._mapping.checkpoints:
                self._mapping.checkpoints[shard] = Checkpoint(None, parents)
        self._start_readers()

    def _start_readers(self) -> None:
        """Start on every shard that need not wait for its parents; one that is not there any more is not waited for."""
        checkpoints = self._mapping.checkpoints
        for shard, checkpoint in checkpoints.items():
            before = [checkpoints[parent] for parent in checkpoint.parents if parent in checkpoints]
            if shard not in self._reading and all(parent.ended for parent in before):
                self._reading.add(shard)
                self._start_reader(shard)

    def _start_reader(self, shard: str) -> None:
        before = self._readers.get(shard)
        reader = self._readers[shard] = ShardReader(self._mapping, shard, self._feed, self._look_for_shards)
        reader.start(before)
