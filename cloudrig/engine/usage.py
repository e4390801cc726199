"""What processes use of the machine, from /proc; where there is none, this process's own CPU only.

Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PROGRAMS = {"dynoxide": "dynoxide", "moto_server": "moto"}
"""Part of a command line → whose it is; whatever else the engine starts runs functions."""
_TEMPLATE = "lambda_/template.py"
"""Of the process that environments are forked from: they keep its command line, and it is told by its parent."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process now; `cpu_s` is user and system time so far."""

    pid: int
    parent: int
    group: int
    cpu_s: float
    rss_bytes: int


def processes() -> Iterator[Process]:
    """All of this machine's."""
    for entry in _PROC.glob("[0-9]*"):
        if (found := process(int(entry.name))) is not None:
            yield found


def process(pid: int) -> Process | None:
    """None for one that has ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    return Process(pid, int(fields[1]), int(fields[2]), cpu_s, int(fields[21]) * _PAGE_BYTES)


def usage(groups: Iterable[int]) -> dict[str, Any]:
    """CPU seconds so far and resident bytes now, of the engine and of the process groups of its children.

    Returns:
        `{"engine": {"cpuS", "rssBytes"}, "children": {"functions" | "template" | "dynoxide" | "moto": {"cpuS",
        "rssBytes", "groups"}}}`. `groups` of functions is the number of execution environments.
        What has ended is not in it.
    """
    children: dict[str, dict[str, float]] = {}
    charge = set(groups)
    for each in processes():
        if each.group in charge:
            with suppress(OSError):
                of = children.setdefault(_program(each), {"cpuS": 0.0, "rssBytes": 0, "groups": 0})
                of["cpuS"] += each.cpu_s
                of["rssBytes"] += each.rss_bytes
                of["groups"] += each.pid == each.group
    return {"engine": {"cpuS": time.process_time(), "rssBytes": own_bytes()}, "children": children}


def _program(of: Process) -> str:
    command = (_PROC / str(of.pid) / "cmdline").read_bytes().decode("utf-8", "replace")
    if _TEMPLATE in command and of.parent == os.getpid():
        return "template"
    return next((name for part, name in _PROGRAMS.items() if part in command), "functions")


def own_bytes() -> int:
    """Resident memory of this process; 0 where there is no /proc."""
    own = process(os.getpid())
    return own.rss_bytes if own else 0
