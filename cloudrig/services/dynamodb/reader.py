"""The feeds as Lambda's event source mappings read them. Implements `interfaces.StreamReader`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from cloudrig.engine.interfaces import StreamGone, StreamRecord
from cloudrig.engine.names import Arn, Scope
from cloudrig.services.dynamodb.errors import Refused
from cloudrig.services.dynamodb.feed import Feed
from cloudrig.services.dynamodb.region import Region
from cloudrig.services.dynamodb.state import position_of


class Reader:
    """Reads any scope's streams by ARN. The records handed out are shared: do not change them."""

    def __init__(self, open_region: Callable[[Scope], Awaitable[Region]]) -> None:
        self._open_region = open_region

    async def exists(self, stream_arn: str) -> bool:
        try:
            await self._feed(stream_arn)
        except StreamGone:
            return False
        return True

    async def shards(self, stream_arn: str) -> Mapping[str, Sequence[str]]:
        """Every write that was acknowledged before the call is in them when it returns."""
        feed = await self._feed(stream_arn)
        await feed.settled()
        return {feed.stream.shard_id: ()}

    async def latest(self, stream_arn: str, shard_id: str) -> str:
        """Sees every write that was acknowledged before the call."""
        feed = await self._feed(stream_arn)
        await feed.settled()
        return feed.newest

    async def read(self, stream_arn: str, shard_id: str, after: str | None, limit: int) -> Sequence[StreamRecord]:
        """Raises StreamGone once a stream that was switched off has been read to its end."""
        feed = await self._feed(stream_arn)
        try:
            page = await feed.read(feed.stream.start if after is None else position_of(after), limit)
        except Refused:  # the table is no more
            raise StreamGone(stream_arn) from None
        if not page.records and feed.stream.end is not None:
            raise StreamGone(stream_arn)
        return page.records

    async def wait(self, stream_arn: str) -> None:
        feed = await self._feed(stream_arn)
        await feed.wait()

    async def _feed(self, stream_arn: str) -> Feed:
        try:
            scope = Arn.parse(stream_arn).scope
        except ValueError:
            raise StreamGone(stream_arn) from None
        feed = (await self._open_region(scope)).feeds.get(stream_arn)
        if feed is None:
            raise StreamGone(stream_arn)
        return feed
