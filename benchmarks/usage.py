"""CPU time and memory of the engine under measurement, its children, and this process.

Wall time depends on what else the machine does; CPU time per operation hardly does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from cloudrig.engine.usage import process, processes


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
    of = {each.pid: each for each in processes()}
    descendants = [engine]
    for pid in descendants:
        descendants += [each.pid for each in of.values() if each.parent == pid]
    own_s, *children_s = [of[pid].cpu_s if pid in of else 0.0 for pid in descendants]
    return Usage(own_s, sum(children_s), generator_s)


def resident_kb(pid: int) -> float:
    """Resident memory of one process, without its children."""
    found = process(pid)
    return found.rss_bytes / 1024 if found else 0.0
