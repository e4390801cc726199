"""The time. Milliseconds since the epoch, as on the wire; only TTLs and token claims count in seconds."""

from __future__ import annotations

import time


def now_ms() -> int:
    return time.time_ns() // 1_000_000
