"""What a deployed stack costs while nobody uses it, and where it says what use costs.

List prices of us-east-1 in US dollars a month, without the free tier, of 2026-11; nobody compared them with a bill.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.resources import Stack

_ALARM_USD = 0.10
_STORED_USD_PER_GB = {"tables": 0.25, "their backups": 0.20, "logs": 0.03, "files and site": 0.023}


def estimate(stack: Stack) -> Iterator[str]:
    """Sentences for whoever is about to deploy it."""
    alarms = sum(resource.kind == "alarm" for resource in stack)
    standing = f"{alarms} alarms at ${_ALARM_USD:.2f}" if alarms else "nothing"
    yield f"Standing: ${alarms * _ALARM_USD:.2f} a month ({standing}); all else is billed by use"
    stored = ", ".join(f"{what} ${price:g}" for what, price in _STORED_USD_PER_GB.items())
    yield f"Stored, per GB and month: {stored}"
    yield "Used: about $6.50 a month for 1,000 users who send 10,000 messages a day (docs/cost.md)"
