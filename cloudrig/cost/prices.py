"""The price table: read from `prices.json`, no price anywhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cloudrig.failure import Failure

_FILE = Path(__file__).with_name("prices.json")


class PriceError(Failure):
    """A region without prices; the message names those that have them."""


@dataclass(frozen=True)
class Price:
    """`usd` for each `per` of a dimension, beyond `free` a month (free tier); `checked` as of `Prices`."""

    title: str
    usd: float
    per: float
    free: float
    checked: bool


@dataclass(frozen=True)
class Prices:
    """One region's prices by dimension; `checked` says whether somebody compared them with AWS's pages."""

    region: str
    as_of: str
    checked: bool
    of: dict[str, Price]


def prices(region: str) -> Prices:
    """Raises PriceError."""
    table = _table()
    found = table["regions"].get(region)
    if found is None:
        known = ", ".join(sorted(table["regions"]))
        raise PriceError(f"there are no prices of {region}; the table has {known} (cloudrig/cost/prices.json)")
    dimensions = table["dimensions"]
    of = {
        name: Price(
            dimensions[name]["title"],
            usd,
            dimensions[name]["per"],
            dimensions[name]["free"],
            checked=found["checked"] and name not in table["unchecked"],
        )
        for name, usd in found["usd"].items()
    }
    return Prices(region, table["asOf"], found["checked"], of)


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_FILE.read_text())
    return table
