"""Carries out one event source mapping: a reader for each shard of its stream, those included that come later."""

from __future__ import annotations

import asyncio

from cloudrig.engine.interfaces import StreamGone
from cloudrig.services.lambda_.event_source import STREAM_GONE, Mapping
from cloudrig.services.lambda_.shard_reader import Feed, ShardReader

NEW_SHARDS_EVERY_S = 10.0


class Consumer:
    """Reads a mapping's stream; `start` and `stop` as the mapping is enabled and disabled."""

    def __init__(self, mapping: Mapping, feed: Feed) -> None:
        self._mapping = mapping
        self._feed = feed
        self._readers: dict[str, ShardReader] = {}
        self._discovery: asyncio.Task[None] | None = None

    async def locate(self) -> None:
        """Fix where a new mapping starts. Raises StreamGone."""
        mapping, reader = self._mapping, self._feed.reader
        for shard in await reader.shards(mapping.stream_arn):
            latest = mapping.starting_position == "LATEST"
            mapping.positions[shard] = await reader.latest(mapping.stream_arn, shard) if latest else None

    def start(self) -> None:
        for shard in self._mapping.positions:
            self._start_reader(shard)
        self._discovery = self._feed.tasks.start(self._discover())

    def stop(self) -> None:
        """Read no more; positions stay. Batches in hand are finished and count."""
        if self._discovery is not None:
            self._discovery.cancel()
        for reader in self._readers.values():
            reader.stop()

    async def _discover(self) -> None:
        """Start on shards that the stream got since, from their beginning."""
        try:
            while True:
                await self._feed.clock.sleep(NEW_SHARDS_EVERY_S)
                for shard in await self._feed.reader.shards(self._mapping.stream_arn):
                    if shard not in self._mapping.positions:
                        self._mapping.positions[shard] = None
                        self._start_reader(shard)
        except StreamGone:
            self._mapping.last_result = STREAM_GONE

    def _start_reader(self, shard: str) -> None:
        before = self._readers.get(shard)
        reader = self._readers[shard] = ShardReader(self._mapping, shard, self._feed)
        reader.start(before)
