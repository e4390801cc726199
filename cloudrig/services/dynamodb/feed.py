"""One stream as the engine follows it: reads dynoxide's records as soon as a write has passed through.

Records are read by one task at a time, in dynoxide's order, which is the order of its transactions; writes that come
while it reads are read in its next round. Whoever waits is woken at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import StreamRecord
from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb import records
from cloudrig.services.dynamodb.errors import Refused
from cloudrig.services.dynamodb.log import RETENTION_S, Log
from cloudrig.services.dynamodb.state import Stream, position_of, sequence_number
from cloudrig.services.dynamodb.store import Store

log = logging.getLogger(__name__)

READ_LIMIT = 100
READ_AGAIN_S = 1.0
"""After a read that failed. Of real time: what is waited for is a process."""
WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Page:
    """What a read found. `next_position` is where to go on; `trimmed`: records older than 24 hours were left out."""

    records: Sequence[StreamRecord]
    next_position: int
    trimmed: bool = False


class Feed:
    """The records of one stream and those who read them."""

    def __init__(
        self,
        stream: Stream,
        scope: Scope,
        store: Store,
        clock: Clock,
        events: Events,
        removals: set[int],
        position: int,
        key_names: Mapping[str, Sequence[str]],
    ) -> None:
        """`position` is that of the newest record there is; `removals` are the positions of deletions by TTL.

        `key_names` are the key attributes of every table, the partition key first.
        """
        self.stream = stream
        self.arn = stream.arn(scope)
        self.gone = False
        self.removals = removals
        self._scope = scope
        self._store = store
        self._clock = clock
        self._events = events
        self._key_names = key_names
        self._log = Log(position)
        self._position = position
        self._wanted = self._served = 0
        self._appended = 0
        self._unread = False
        self._round = asyncio.Event()
        self._reading = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._expected_removals: list[records.Image] = []

    @property
    def newest(self) -> str:
        """The sequence number after which no record has been read yet."""
        return sequence_number(self._position)

    @property
    def position(self) -> int:
        return self._position

    def poke(self) -> None:
        """A write may have changed the table: read on."""
        self._wanted += 1
        if self._task is None and not self.gone:
            self._task = asyncio.create_task(self._follow())

    async def settled(self) -> None:
        """Return once every write before this call is in the log."""
        wanted = self._wanted
        while self._served < wanted and not self.gone:
            await self._round.wait()

    async def read(self, after: int, limit: int) -> Page:
        """Up to `limit` records after a position, older ones from dynoxide. Empty only at the end of what there is."""
        trimmed = False
        horizon = self._clock.now() - RETENTION_S
        while after < self._log.floor:
            page = await self._read_below_window(after, limit)
            kept = [record for record in page.records if record.at >= horizon]
            trimmed |= len(kept) < len(page.records)
            after = page.next_position
            if kept:
                return Page(kept, after, trimmed)
        found: Sequence[StreamRecord] = self._log.after(after, limit)
        self._unread = self._unread and len(found) == limit
        recent = [record for record in found if record.at >= horizon] if found and found[0].at < horizon else found
        next_position = position_of(found[-1].sequence_number) if found else max(after, self._position)
        return Page(recent, next_position, trimmed or len(recent) < len(found))

    async def wait(self) -> None:
        """Return once there may be records that no `read` has seen, or after some seconds."""
        seen = self._appended
        if self._unread or self.gone:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                while self._appended == seen and not self.gone:
                    await self._round.wait()

    async def close(self) -> None:
        """The stream is no more; whoever waits finds that out."""
        self.gone = True
        self._next_round()
        if self._again is not None:
            self._again.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @asynccontextmanager
    async def removing(self) -> AsyncIterator[list[records.Image]]:
        """For TTL: add the old image of every item deleted inside the block; their records will name the service.

        Nothing is read meanwhile, so that no record is read before it is known whose deletion it was.
        """
        async with self._reading:
            yield self._expected_removals
        self.poke()
        await self.settled()

    async def _follow(self) -> None:
        try:
            while self._served < self._wanted:
                wanted = self._wanted
                more = await self._read_round()
                self._served = self._served if more else wanted
                self._next_round()
        finally:
            self._task = None
            self._served = self._wanted
            self._next_round()

    async def _read_round(self) -> bool:
        """Read once; whether there is more to read."""
        try:
            async with self._reading:
                raw_records = await self._store.records(self.stream.table, self._position, READ_LIMIT)
                self._append(raw_records)
        except (ServiceError, Refused) as error:
            log.error("the stream of table %s could not be read: %s", self.stream.table, error)
            return self._read_later()
        except Exception:  # nobody but the log would hear of it
            log.exception("the stream of table %s could not be read", self.stream.table)
            return self._read_later()
        return len(raw_records) == READ_LIMIT

    def _read_later(self) -> bool:
        """Have what could not be read read in a while, though nothing be written. There is nothing more to read now."""
        if self._again is not None:
            self._again.cancel()
        if not self.gone and self.stream.end is None:
            self._again = asyncio.get_running_loop().call_later(READ_AGAIN_S, self.poke)
        return False

    def _append(self, raw_records: Sequence[dict[str, Any]]) -> None:
        at, count = self._clock.now(), 0
        for raw in raw_records:
            position = records.position(raw)
            if not records.changes_nothing(raw):
                self._note_removal(raw)
                self._log.append(position, self._record(raw, at))
                count += 1
            self._position = position  # what failed before this line is read again
        self._appended += count
        self._unread |= count > 0
        if count and self._events.listening:
            self._events.emit("dynamodb.stream", stream=self.arn, records=count)

    def _note_removal(self, raw: dict[str, Any]) -> None:
        image = raw["dynamodb"].get("OldImage")
        if self._expected_removals and raw["eventName"] == "REMOVE" and image in self._expected_removals:
            self._expected_removals.remove(image)
            self.removals.add(records.position(raw))

    def _record(self, raw: dict[str, Any], at: float) -> StreamRecord:
        position = records.position(raw)
        record = records.lambda_record(raw, self.stream, self._scope, at, by_service=position in self.removals)
        keys = raw["dynamodb"]["Keys"]
        names = self._key_names.get(self.stream.table)
        return StreamRecord.of(sequence_number(position), at, record, str(keys[names[0]] if names else keys))

    async def _read_below_window(self, after: int, limit: int) -> Page:
        """Records that left the window, or were written before the rig started."""
        after = max(after, self.stream.start)
        raw_records = await self._store.records(self.stream.table, after, min(limit, READ_LIMIT))
        floor = self._log.floor
        raw_records = [raw for raw in raw_records if records.position(raw) <= floor]
        found = [
            self._record(
                raw, self._log.written_at(records.position(raw), raw["dynamodb"]["ApproximateCreationDateTime"])
            )
            for raw in raw_records
            if not records.changes_nothing(raw)
        ]
        return Page(found, records.position(raw_records[-1]) if raw_records else floor)

    def _next_round(self) -> None:
        self._round.set()
        self._round = asyncio.Event()
