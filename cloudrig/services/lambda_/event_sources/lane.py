"""A lane of a shard: gathers records into batches and delivers them in order, one batch at a time.

A shard has as many lanes as its mapping's ParallelizationFactor says; records of one partition key keep to one lane. A
batch is made when it is full (records, or bytes of the payload), or its batching window has passed; without a window
of what is there. With tumbling windows a batch lies in one window, and the window is closed when its time is over and
the shard has nothing more to read.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from cloudrig.engine.clock import Timer
from cloudrig.engine.enduring import Enduring
from cloudrig.services.lambda_.event_sources import windows
from cloudrig.services.lambda_.event_sources.delivery import Batch, Delivery, Parcel
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.event_sources.mapping import Checkpoint, Mapping, Window
from cloudrig.services.lambda_.invocations import MAX_SYNC_BYTES

ENVELOPE_BYTES = 1024
"""Of a payload, for what is around the records and a window's state."""


class Lane:
    """`put` and `caught_up` tell it what the shard has; `freed` is called when there is room for more."""

    def __init__(
        self, mapping: Mapping, shard: str, number: int, checkpoint: Checkpoint, feed: Feed, freed: Callable[[], None]
    ) -> None:
        self._mapping = mapping
        self._key = (shard, number)
        self._checkpoint = checkpoint
        self._clock = feed.clock
        self._delivery = Delivery(mapping, shard, checkpoint, feed)
        self._freed = freed
        self._queue: deque[Parcel] = deque()
        self._bytes = 0
        self._caught_up = False
        self._changed = asyncio.Event()
        self._opened_at = 0.0
        self._timer: Timer | None = None
        self._task = feed.tasks.start(self._run())

    @property
    def task(self) -> asyncio.Task[None]:
        return self._task

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, parcel: Parcel) -> None:
        if not self._queue:
            self._opened_at = self._clock.now()
        self._queue.append(parcel)
        self._bytes += len(parcel.text) + 1
        self._caught_up = False
        self._changed.set()

    def caught_up(self) -> None:
        """Every record that the shard had was put."""
        self._caught_up = True
        if self._mapping.windows:
            self._changed.set()

    def stop(self) -> None:
        """End; a batch that the function has in hand is finished and counts."""
        self._delivery.stopping = True
        if not self._delivery.calling:
            self._task.cancel()

    async def _run(self) -> None:
        going_on = Enduring(f"{self._mapping.arn}: a batch of {self._key[0]}", sleep=self._clock.sleep)
        try:
            while not self._delivery.stopping:
                async with going_on:
                    await self._step()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def _step(self) -> None:
        """Close a window, deliver a batch, or wait until there is something of the kind to do."""
        self._changed.clear()
        window = self._mapping.windows.get(self._key)
        if window is not None and self._is_over(window):
            await self._close(window)
        elif self._is_due():
            await self._deliver(window)
        else:
            self._arm(window)
            await self._changed.wait()

    def _is_due(self) -> bool:
        """Whether there is a batch to deliver."""
        settings = self._mapping.settings
        if not self._queue:
            return False
        return (
            not settings.batching_window_s
            or len(self._queue) >= settings.batch_size
            or self._bytes >= MAX_SYNC_BYTES - ENVELOPE_BYTES
            or self._clock.now() >= self._opened_at + settings.batching_window_s
            or (settings.tumbling_window_s > 0 and self._clock.now() >= self._window_of(self._queue[0]).end)
        )

    def _is_over(self, window: Window) -> bool:
        """Whether no record of the window can come any more."""
        if self._queue:
            return self._queue[0].record.at >= window.end
        return self._caught_up and self._clock.now() >= window.end

    def _arm(self, window: Window | None) -> None:
        """Look again when a batching window or tumbling window ends."""
        if self._timer is not None:
            self._timer.cancel()
        settings, now = self._mapping.settings, self._clock.now()
        times = [window.end] if window is not None else []
        if self._queue:
            times.append(self._opened_at + settings.batching_window_s)
            if settings.tumbling_window_s:
                times.append(self._window_of(self._queue[0]).end)
        times = [at for at in times if at > now]
        self._timer = self._clock.call_later(min(times) - now, self._changed.set) if times else None

    async def _deliver(self, window: Window | None) -> None:
        if self._mapping.settings.tumbling_window_s and window is None:
            window = self._mapping.windows[self._key] = self._window_of(self._queue[0])
        batch = self._take(window)
        self._freed()
        try:
            await self._delivery.deliver(batch, window)
        except Exception:
            self._put_back(batch)
            raise
        self._freed()
        if window is not None and windows.state_bytes(window) > windows.MAX_STATE_BYTES:
            ended = await self._delivery.close_window(window, early=True)
            window.state = {} if ended else window.state

    async def _close(self, window: Window) -> None:
        if await self._delivery.close_window(window):
            self._mapping.windows.pop(self._key, None)

    def _put_back(self, batch: Batch) -> None:
        """Have what is left of a batch delivered next."""
        left = [parcel for parcel in batch if not self._checkpoint.is_done(parcel.record.sequence_number)]
        self._queue.extendleft(reversed(left))
        self._bytes += sum(len(parcel.text) + 1 for parcel in left)

    def _window_of(self, parcel: Parcel) -> Window:
        return windows.window_at(parcel.record.at, self._mapping.settings.tumbling_window_s)

    def _take(self, window: Window | None) -> Batch:
        """As many records as one batch holds: at least one."""
        batch: list[Parcel] = []
        room = MAX_SYNC_BYTES - ENVELOPE_BYTES - (windows.state_bytes(window) if window else 0)
        while self._queue and len(batch) < self._mapping.settings.batch_size:
            head = self._queue[0]
            room -= len(head.text) + 1
            if batch and (room < 0 or (window is not None and head.record.at >= window.end)):
                break
            batch.append(self._queue.popleft())
            self._bytes -= len(head.text) + 1
        self._opened_at = self._clock.now()
        return batch
