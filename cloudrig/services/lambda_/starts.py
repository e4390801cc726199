"""Bounds how many processes start at the same time: more would only slow one another down.

A start that takes long (a function that waits for something while it is imported) stops counting after a second, so
that it keeps no other function waiting.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE = max(2, os.cpu_count() or 1)
COUNTS_FOR_S = 1.0


class StartGate:
    """Lets `AT_ONCE` starts through at a time."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place, and keep it for the `with` block, but no longer than `COUNTS_FOR_S`."""
        await self._places.acquire()
        kept = True

        def give_back() -> None:
            nonlocal kept
            if kept:
                kept = False
                self._places.release()

        timer = asyncio.get_running_loop().call_later(COUNTS_FOR_S, give_back)
        try:
            yield
        finally:
            timer.cancel()
            give_back()
