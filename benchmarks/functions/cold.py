"""Imports boto3; says whether this is the environment's first event, and how much memory it has to itself."""

import re
from pathlib import Path
from typing import Any

import boto3

fresh = True


def private_kb() -> int | None:
    """Private memory of this process in KB; None where the platform does not say."""
    try:
        rollup = Path("/proc/self/smaps_rollup").read_text()
    except OSError:
        return None
    return sum(map(int, re.findall(r"^Private_\w+:\s+(\d+) kB", rollup, re.MULTILINE)))


def handler(event: Any, context: object) -> dict[str, Any]:
    global fresh
    first, fresh = fresh, False
    return {"fresh": first, "private_kb": private_kb(), "boto3": boto3.__version__}
