"""Whether this machine has more to do than it has cores for: another process would only slow down the others."""

from __future__ import annotations

import os
import time
from pathlib import Path

PER_CORE = 2.0
_EVERY_S = 0.02
_SMOOTHED_S = 0.2
_CORES = os.cpu_count() or 1


class Pressure:
    """The number of processes that want to run, smoothed; looked at when asked for. Without /proc there is none."""

    def __init__(self) -> None:
        self._runnable = 0.0
        self._at = 0.0

    def high(self) -> bool:
        """Whether more than `PER_CORE` processes per core want to run."""
        now = time.monotonic()
        if now - self._at >= _EVERY_S:
            old = max(0.0, 1.0 - (now - self._at) / _SMOOTHED_S)
            self._runnable = old * self._runnable + (1.0 - old) * _runnable()
            self._at = now
        return self._runnable > PER_CORE * _CORES


def _runnable() -> int:
    """Processes that run or could, without this one: `0.20 0.18 0.12 3/80 11206` says 3."""
    try:
        fields = Path("/proc/loadavg").read_text().split()
    except OSError:
        return 0
    return int(fields[3].partition("/")[0]) - 1
