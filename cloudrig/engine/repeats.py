"""Keeps the rig's own log readable under overload: a message that comes again and again is written a few times only."""

from __future__ import annotations

import logging
import time

WINDOW_S = 10.0
AT_MOST = 5


class Repeats(logging.Filter):
    """Lets through `AT_MOST` records of one message in `WINDOW_S`, whatever their arguments, and counts the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key, now = (record.name, str(record.msg)), time.monotonic()
        began, count = self._windows.get(key, (now, 0))
        held_back = 0
        if now - began >= WINDOW_S:
            held_back, began, count = max(count - AT_MOST, 0), now, 0
        self._windows[key] = (began, count + 1)
        if held_back:
            record.msg = f"{record.msg} ({held_back} more of these in the meantime)"
        elif count + 1 == AT_MOST:
            record.msg = f"{record.msg} (more of these are counted for {WINDOW_S:.0f} s, not written)"
        return count < AT_MOST
