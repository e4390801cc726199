"""CPU time and memory of the engine under measurement, its children, and this process, read from /proc.

Wall time depends on what else the machine does; CPU time per operation hardly does.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds: of the engine's process, of its descendants (functions, databases), of this process."""

    engine_s: float
    children_s: float
    generator_s: float

    def since(self, before: Usage) -> Usage:
        return Usage(
            self.engine_s - before.engine_s,
            self.children_s - before.children_s,
            self.generator_s - before.generator_s,
        )


def read_usage(engine: int | None) -> Usage:
    """CPU seconds until now; zeros for an engine that is not on this machine."""
    generator_s = time.process_time()
    if engine is None:
        return Usage(0.0, 0.0, generator_s)
    own = _cpu_s(engine)
    return Usage(own, sum(map(_cpu_s, _descendants(engine))), generator_s)


def resident_kb(pid: int) -> float:
    """Resident memory of one process, without its children."""
    pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def listener_pid(port: int) -> int | None:
    """The process of this machine that listens on a TCP port; None where there is none or /proc does not say."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in _processes():
        if sockets & _open_files(process):
            return int(process.name)
    return None


def _open_files(process: Path) -> set[str]:
    """What a process has open; files closed meanwhile, and processes of other users, have nothing."""
    found: set[str] = set()
    with suppress(OSError):
        for file in (process / "fd").iterdir():
            with suppress(OSError):
                found.add(str(file.readlink()))
    return found


def _listening_inodes(port: int) -> Iterator[str]:
    for name in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _processes() -> Iterator[Path]:
    if _PROC.is_dir():
        yield from (entry for entry in _PROC.iterdir() if entry.name.isdigit())


def _descendants(root: int) -> list[int]:
    parents = {int(process.name): _parent(process) for process in _processes()}
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _stat(process: Path) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty for a process that has ended."""
    try:
        return re.split(r"\s+", (process / "stat").read_text().rpartition(")")[2].strip())
    except OSError:
        return []


def _parent(process: Path) -> int:
    fields = _stat(process)
    return int(fields[1]) if fields else 0


def _cpu_s(pid: int) -> float:
    """User and system time."""
    fields = _stat(_PROC / str(pid))
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") if fields else 0.0
