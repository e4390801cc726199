"""What a deployed stack costs while nobody uses it, for whoever is about to deploy it."""

from __future__ import annotations

from collections.abc import Iterator

from cloudrig.cost.prices import PriceError, prices
from stack.alarms import Alarm
from stack.resources import Stack

_STORED = {
    "tables": "dynamodb.storageGbMonths",
    "their backups": "dynamodb.backupGbMonths",
    "logs": "logs.storedGbMonths",
    "files and site": "s3.storedGbMonths",
}


def standing(stack: Stack, region: str) -> Iterator[str]:
    """Sentences, by the price table and without the free tier."""
    try:
        of = prices(region).of
    except PriceError as error:
        yield f"What it costs is not known: {error}"
        return
    watched = sum(bool(metric.name) for each in stack if isinstance(each, Alarm) for metric in each.metrics)
    usd = of["cloudwatch.alarmHours"].usd
    alarms = f"alarms on {watched} metrics at ${usd:.2f}"
    yield f"Standing: ${watched * usd:.2f} a month ({alarms}); all else is billed by use"
    stored = ", ".join(f"{what} ${of[dimension].usd:g}" for what, dimension in _STORED.items())
    yield f"Stored, per GB and month: {stored}"
    yield "Used: docs/cost.md has the chat, measured"
