"""What the engine and its children use of the machine, from /proc; where there is none, the engine's own CPU only."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PROGRAMS = {"dynoxide": "dynoxide", "moto_server": "moto"}
"""Part of a command line → whose it is; whatever else the engine starts runs functions."""
_TEMPLATE = "lambda_/template.py"
"""Of the process that environments are forked from: they keep its command line, and it is told by its parent."""


def usage(groups: Iterable[int]) -> dict[str, Any]:
    """CPU seconds so far and resident bytes now, of the engine and of the process groups of its children.

    Returns:
        `{"engine": {"cpuS", "rssBytes"}, "children": {"functions" | "template" | "dynoxide" | "moto": {"cpuS",
        "rssBytes", "groups"}}}`. `groups` of functions is the number of execution environments.
        What has ended is not in it.
    """
    children: dict[str, dict[str, float]] = {}
    charge = set(groups)
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            group = int(fields[2])
            if group in charge:
                of = children.setdefault(
                    _program(process, parent=int(fields[1])), {"cpuS": 0.0, "rssBytes": 0, "groups": 0}
                )
                of["cpuS"] += (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
                of["rssBytes"] += int(fields[21]) * _PAGE_BYTES
                of["groups"] += int(process.name) == group
    return {"engine": {"cpuS": time.process_time(), "rssBytes": own_bytes()}, "children": children}


def _program(process: Path, parent: int) -> str:
    command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
    if _TEMPLATE in command and parent == os.getpid():
        return "template"
    return next((name for part, name in _PROGRAMS.items() if part in command), "functions")


def own_bytes() -> int:
    """Resident memory of this process; 0 where there is no /proc."""
    with suppress(OSError):
        return int((_PROC / "self" / "statm").read_text().split()[1]) * _PAGE_BYTES
    return 0
