"""How many files, and so connections, this process may have open."""

from __future__ import annotations

import math
import resource


def raise_open_files() -> float:
    """Let it have as many as the system allows; returns how many that are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return math.inf if most == resource.RLIM_INFINITY else most
