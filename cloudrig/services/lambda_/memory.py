"""Memory of environments, and a watch that ends those that take more than their function's `MemorySize`.

AWS gives an environment that much and kills what asks for more. Here a function's process and its children are looked
at every `EVERY_S` while they have an event (or initialise), of those that have had it for less than that a few at a
time, and killed once their resident memory is over it; on platforms without /proc nothing is bounded. Pages that an
environment shares with the process it was forked from count as its own, since on AWS they would be; its children's
count only where they are private.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

EVERY_S = 0.05
_NEWCOMERS = 4
"""Hundreds of short events a second would otherwise have hundreds of processes looked at that are done already."""
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")
_PRIVATE = re.compile(rb"Private_\w+:\s*(\d+) kB")


class MemoryWatch:
    """Looks at processes that have something to do. `over` is called once for a process that takes too much."""

    def __init__(self) -> None:
        self._watched: dict[int, tuple[int, Callable[[], None]]] = {}
        self._new: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, pid: int, limit_mb: int, over: Callable[[], None]) -> None:
        self._watched[pid] = (limit_mb * 1024 * 1024, over)
        self._new.add(pid)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._look)

    def discard(self, pid: int) -> None:
        self._watched.pop(pid, None)
        self._new.discard(pid)

    def _look(self) -> None:
        self._timer = None
        skipped = set(list(self._new)[_NEWCOMERS:])
        self._new.clear()
        try:
            for pid, (limit_bytes, over) in list(self._watched.items()):
                if pid not in skipped and used_bytes(pid, limit_bytes) > limit_bytes:
                    self.discard(pid)
                    over()
        finally:
            if self._watched:
                self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._look)


def used_bytes(pid: int, limit_bytes: int) -> int:
    """Resident memory of a process and its descendants; those are looked at closely only if they matter."""
    own, children = _resident_bytes(pid), list(_descendants(pid))
    used = own + sum(map(_resident_bytes, children))
    return used if used <= limit_bytes or not children else own + sum(map(_private_bytes, children))


def peak_mb(pid: int) -> int:
    """The largest resident size that a process has had; 0 where it is not known."""
    found = _PEAK.search(_read(f"/proc/{pid}/status"))
    return -(-int(found.group(1)) // 1024) if found else 0


def _resident_bytes(pid: int) -> int:
    fields = _read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * _PAGE_BYTES if fields else 0


def _private_bytes(pid: int) -> int:
    return sum(map(int, _PRIVATE.findall(_read(f"/proc/{pid}/smaps_rollup")))) * 1024


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  half the time, 20 times a second
            for child in map(int, _read(f"/proc/{pid}/task/{thread}/children").split()):
                yield child
                yield from _descendants(child)


def _read(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY)  # a third of the time of Path.read_bytes, hundreds of times a second
    except OSError:
        return b""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
