"""Time to live: deletes expired items by the rig's clock, and tells the streams whose deletions these were.

AWS deletes "within a few days" of expiry; until then reads return the item. Here a sweep runs every minute of the
rig's clock, so also whenever a test moves the clock past one.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from cloudrig.engine.clock import Clock, Timer
from cloudrig.services.dynamodb.errors import Refused
from cloudrig.services.dynamodb.records import Image
from cloudrig.services.dynamodb.region import Region

log = logging.getLogger(__name__)

SWEEP_INTERVAL_S = 60.0
IGNORED_AFTER_S = 5 * 365 * 24 * 3600
"""Times more than five years past are taken for mistakes and ignored."""
_PAGE = 200


class Sweeper:
    """Sweeps one region's tables."""

    def __init__(self, region: Region, clock: Clock) -> None:
        self._region = region
        self._clock = clock
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._timer = self._clock.call_later(SWEEP_INTERVAL_S, self._due)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def sweep(self) -> None:
        """Delete what has expired by now, in all tables."""
        for table, attribute in tuple(self._region.ttl_attributes.items()):
            await self._sweep_table(table, attribute)
        await self._region.forget_old_streams()

    def _due(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._sweep_and_log())
        self.start()

    async def _sweep_and_log(self) -> None:
        try:
            await self.sweep()
        except Exception:  # the next sweep is in a minute
            log.exception("a sweep for expired items of %s failed", self._region.scope)

    async def _sweep_table(self, table: str, attribute: str) -> None:
        feed = self._region.enabled_feed(table)
        known = len(feed.removals) if feed is not None else 0
        async for expired in self._expired(table, attribute):
            if feed is None:
                await self._delete_all(table, attribute, expired)
            else:
                async with feed.removing() as removed:
                    removed += await self._delete_all(table, attribute, expired)
        if feed is not None and len(feed.removals) > known:
            async with self._region.declaring:
                await self._region.save()

    async def _expired(self, table: str, attribute: str) -> AsyncIterator[list[Image]]:
        """Pages of expired items: their keys and the attribute."""
        names = {f"#{index}": name for index, name in enumerate([attribute, *self._region.key_names[table]])}
        now = int(self._clock.now())
        scan: dict[str, Any] = {
            "TableName": table,
            "ProjectionExpression": ",".join(names),
            "FilterExpression": "attribute_type(#0, :n) AND #0 < :now AND #0 > :ignored",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                ":n": {"S": "N"},
                ":now": {"N": str(now)},
                ":ignored": {"N": str(now - IGNORED_AFTER_S)},
            },
            "Limit": _PAGE,
        }
        while True:
            page = await self._region.store.call_items("Scan", scan)
            if page.get("Items"):
                yield page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    async def _delete_all(self, table: str, attribute: str, items: list[Image]) -> list[Image]:
        """Delete items that still are as they were found; returns those deleted, in full."""
        deleted = [await self._delete(table, attribute, item) for item in items]
        return [image for image in deleted if image is not None]

    async def _delete(self, table: str, attribute: str, item: Image) -> Image | None:
        try:
            answer = await self._region.store.call_items(
                "DeleteItem",
                {
                    "TableName": table,
                    "Key": {name: item[name] for name in self._region.key_names[table]},
                    "ConditionExpression": "#ttl = :found",
                    "ExpressionAttributeNames": {"#ttl": attribute},
                    "ExpressionAttributeValues": {":found": item[attribute]},
                    "ReturnValues": "ALL_OLD",
                },
            )
        except Refused as refusal:
            if b"ConditionalCheckFailedException" in refusal.body:
                return None
            raise
        image: Image | None = answer.get("Attributes")
        return image
