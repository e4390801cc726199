"""What a load may cost and how long it may take: estimated and asked about before, watched while it runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, TextIO

from cloudrig.cost.bill import bill, render
from cloudrig.cost.prices import Prices
from loadtests.costs import Acts, foreseen, length_s
from loadtests.profiles import Profile

DEFAULT_MAX_USD = 1.0
DEFAULT_MAX_DURATION_S = 900.0
_EVERY_S = 1.0

Say = Callable[[str], None]


class BudgetError(Exception):
    """The load is not run; the text says why and what to do."""


@dataclass(frozen=True)
class Ceiling:
    """What a load may come to at the most, by the prices of a region without the free tier."""

    usd: float
    duration_s: float
    prices: Prices

    def usd_of(self, acts: Acts) -> float:
        return sum(item.usd for item in bill(acts.usage(), self.prices, free_tier=False))

    def passed_by(self, acts: Acts, took_s: float) -> str:
        """In what way a load is past it; empty if it is not."""
        if (usd := self.usd_of(acts)) > self.usd:
            return f"after {took_s:.0f} s it had come to ${usd:,.4f}, more than ${self.usd:,.4f}"
        if took_s > self.duration_s:
            return f"it had taken {took_s:.0f} s, more than {self.duration_s:,.0f} s"
        return ""


def approve(profile: Profile, ceiling: Ceiling, *, approved: bool, say: Say, answers: TextIO = sys.stdin) -> None:
    """Say what the load costs at the most, and ask whether to run it. Raises BudgetError.

    Args:
        approved: nobody is asked.
        answers: a terminal, if somebody is there to be asked.
    """
    acts, took_s = foreseen(profile), length_s(profile)
    items = bill(acts.usage(), ceiling.prices, free_tier=False)
    for line in render(items, ceiling.prices, "This load on AWS, at the most", free_tier=False):
        say(line)
    say(f"It takes {took_s:,.0f} s, and is cut short at ${ceiling.usd:,.2f} or {ceiling.duration_s:,.0f} s.")
    if (usd := ceiling.usd_of(acts)) > ceiling.usd:
        raise BudgetError(f"not run: ${usd:,.4f} is more than ${ceiling.usd:,.4f}\n  → a smaller load, or --max-usd")
    if took_s > ceiling.duration_s:
        raise BudgetError(f"not run: {took_s:,.0f} s are more than {ceiling.duration_s:,.0f} s\n  → --max-duration")
    if approved:
        return
    if not answers.isatty():
        raise BudgetError("not run: it costs money, and nobody is there to be asked\n  → --yes")
    say("Run it? [y/N]")
    if answers.readline().strip().lower() not in ("y", "yes"):
        raise BudgetError("not run")


class Watch:
    """Looks every second whether a load is past its ceiling."""

    def __init__(self, ceiling: Ceiling, counted: Callable[[], Acts], end: Say) -> None:
        """`counted` tells what has been done so far; `end` is called once, with the reason."""
        self._ceiling = ceiling
        self._counted = counted
        self._end = end
        self._began = time.time()
        self._over = Event()

    def start(self) -> None:
        Thread(target=self._run, daemon=True).start()

    def stop(self) -> dict[str, Any]:
        """What the load has come to, for the report: `{"usd", "maxUsd", "region"}`."""
        self._over.set()
        ceiling = self._ceiling
        usd = round(ceiling.usd_of(self._counted()), 6)
        return {"usd": usd, "maxUsd": ceiling.usd, "region": ceiling.prices.region}

    def _run(self) -> None:
        while not self._over.wait(_EVERY_S):
            if reason := self._ceiling.passed_by(self._counted(), time.time() - self._began):
                self._end(reason)
                return
