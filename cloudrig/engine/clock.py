"""The rig's time. Everything that waits for AWS's minutes and hours waits here, so that a test can move it.

A `Clock` shows the machine's time plus an offset that only grows; `advance` moves it at once and wakes whoever
slept past the new time. Timers count seconds that pass: nobody sleeps longer, or less, because the machine's clock was
set. Built with `source=lambda: 0.0` it stands still between two calls of `advance`.
Time that a process really needs (function timeouts, sockets) is the event loop's, not the rig's.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

log = logging.getLogger(__name__)

LONGEST_ADVANCE_S = 10 * 365 * 86400


class Timer:
    """A callback to come; `cancel()` it as often as you like."""

    __slots__ = ("_callback", "deadline")

    def __init__(self, deadline: float, callback: Callable[[], None]) -> None:
        self.deadline = deadline
        self._callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self._callback = None

    @property
    def cancelled(self) -> bool:
        return self._callback is None

    def fire(self) -> None:
        """Call back. What that raises is logged: other timers are none of its business."""
        if self._callback is not None:
            callback, self._callback = self._callback, None
            try:
                callback()
            except Exception:
                log.exception("what was to be done at a time of the rig's clock failed")


class Clock:
    """Epoch seconds, sleeping and timers."""

    def __init__(self, source: Callable[[], float] = time.time, steady: Callable[[], float] | None = None) -> None:
        """`steady` counts the seconds that pass, from anywhere; a source of one's own is taken for that too."""
        self._source = source
        self._steady = steady or (time.monotonic if source is time.time else source)
        self._offset = 0.0
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._wakeup: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._source() + self._offset

    def passed(self) -> float:
        """Seconds from some moment on, for intervals: the machine's clock may be set, which is no time that passes."""
        return self._steady() + self._offset

    def now_ms(self) -> int:
        """Milliseconds since the epoch, as AWS counts in events."""
        return int(self.now() * 1000)

    def utc(self) -> datetime:
        """The present as an aware datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call back on the event loop once `delay_s` of the rig's time has passed."""
        timer = Timer(self.passed() + max(delay_s, 0.0), callback)
        heapq.heappush(self._timers, (timer.deadline, next(self._order), timer))
        self._arm()
        return timer

    async def sleep(self, delay_s: float) -> None:
        """Sleep in the rig's time."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not done.done():
                done.set_result(None)

        timer = self.call_later(delay_s, wake)
        try:
            await done
        finally:
            timer.cancel()

    def advance(self, seconds: float) -> None:
        """Move time forward; what became due is called in order of its deadline before this returns.

        Raises ValueError: less than nothing, more than ten years at once, or no number.
        """
        if not 0 <= seconds <= LONGEST_ADVANCE_S:
            raise ValueError("time only moves forward, by ten years at most")
        self._offset += seconds
        self._run_due()

    def _run_due(self) -> None:
        while self._timers and (self._timers[0][2].cancelled or self._timers[0][0] <= self.passed()):
            heapq.heappop(self._timers)[2].fire()
        self._arm()

    def _arm(self) -> None:
        if self._wakeup is not None:
            self._wakeup.cancel()
            self._wakeup = None
        if self._timers:
            loop = asyncio.get_running_loop()
            self._wakeup = loop.call_later(max(self._timers[0][0] - self.passed(), 0.0), self._run_due)
