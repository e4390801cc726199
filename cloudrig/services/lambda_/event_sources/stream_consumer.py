"""Carries out a mapping of a stream: a reader for each of its shards, those included that come later."""

from __future__ import annotations

import asyncio
import logging

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
        self._discovery: asyncio.Task[None] | None = None

    async def locate(self) -> None:
        """Fix where a new mapping starts. Raises StreamGone."""
        mapping = self._mapping
        for shard in await self._feed.reader.shards(mapping.source_arn):
            mapping.checkpoints[shard] = Checkpoint(await self._first_position(shard))

    def start(self) -> None:
        for shard in self._mapping.checkpoints:
            self._start_reader(shard)
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
        while True:
            try:
                shards = await self._feed.reader.shards(self._mapping.source_arn)
            except StreamGone:
                self._mapping.last_result = STREAM_GONE
                return
            except ServiceError as error:
                log.warning("%s cannot look for new shards now: %s", self._mapping.arn, error)
                shards = ()
            for shard in shards:
                if shard not in self._mapping.checkpoints:
                    self._mapping.checkpoints[shard] = Checkpoint(None)
                    self._start_reader(shard)
            await self._feed.clock.sleep(NEW_SHARDS_EVERY_S)

    def _start_reader(self, shard: str) -> None:
        before = self._readers.get(shard)
        reader = self._readers[shard] = ShardReader(self._mapping, shard, self._feed, self._look_for_shards)
        reader.start(before)
