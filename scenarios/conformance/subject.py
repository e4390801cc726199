"""Functions that do one thing each. Runs on Lambda, not here: `test_functions.py` deploys this file."""

from __future__ import annotations

import itertools
import logging
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

_kept = Path(tempfile.gettempdir(), "kept")
_count = 0
_ticks: list[float] = []

if "SLOW" in os.environ and not _kept.exists():
    _kept.write_text("initialised once")
    time.sleep(11)


def echo(event: Any, _context: object) -> Any:
    return event


def stream(seconds: float, context: Any) -> str:
    """Which environment this is, after some time."""
    time.sleep(seconds)
    return str(context.log_stream_name)


def reset(event: str, _context: object) -> Any:
    """How many events this process has had, and what an earlier one left in /tmp."""
    global _count
    _count += 1
    if event in ("crash", "hang"):
        _kept.write_text(event)
        os._exit(1) if event == "crash" else time.sleep(60)
    return [_count, _kept.read_text() if _kept.exists() else ""]


def tick(event: str, _context: object) -> Any:
    """`begin`: a thread notes the time every 10 ms, and nobody waits for it. Else: the longest it did not."""
    if event == "begin":
        threading.Thread(target=_tick, daemon=True).start()
        return time.time()
    again, count = time.time(), len(_ticks)
    while len(_ticks) == count:  # until the thread goes on
        time.sleep(0.001)
    return [again, max(after - before for before, after in itertools.pairwise(_ticks))]


def _tick() -> None:
    while True:
        _ticks.append(time.time())
        time.sleep(0.01)


def fail(event: str, _context: object) -> None:
    raise ValueError(event)


def leave(status: int, _context: object) -> None:
    sys.exit(status)


def sleep(seconds: float, _context: object) -> None:
    time.sleep(seconds)


def large(size: int, _context: object) -> str:
    return "x" * size


def variables(_event: object, _context: object) -> dict[str, str]:
    return dict(os.environ)


def descriptors(_event: object, _context: object) -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def speak(_event: object, _context: object) -> None:
    print("printed")  # noqa: T201
    logging.getLogger().warning("logged\nin two lines")
