"""What runs as long as the rig does: an error that nobody foresaw is logged and waited out, and ends no task.

going_on = Enduring("delivery of logs")
while True:
    async with going_on:
        await step()
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Enduring:
    """A block that any error may end, and that is entered again. After an error its end waits: 1 s, 2 s, 4 s … 60 s.

    Of `foreseen` errors the log has a line, of others the traceback; those in `until` are passed on at once. `sleep`
    takes seconds, by default of real time.
    """

    def __init__(
        self,
        what: str,
        *,
        foreseen: tuple[type[Exception], ...] = (),
        until: tuple[type[Exception], ...] = (),
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._what = what
        self._foreseen = foreseen
        self._until = until
        self._sleep = sleep
        self._failures = 0

    async def __aenter__(self) -> None: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, self._until):
            self._failures = 0
            return False
        pause_s = min(FIRST_PAUSE_S * 2.0 ** min(self._failures, 10), LONGEST_PAUSE_S)
        self._failures += 1
        if isinstance(error, self._foreseen):
            log.warning("%s: %s; tried again in %.0f s", self._what, error, pause_s)
        else:
            log.error("%s failed, and is tried again in %.0f s", self._what, pause_s, exc_info=error)
        await self._sleep(pause_s)
        return True
