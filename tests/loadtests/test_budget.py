"""No load that costs money is run unless somebody wants it at that price, and none goes on past its ceiling."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event
from typing import TextIO

import pytest

from cloudrig.cost.prices import prices
from loadtests.budget import BudgetError, Ceiling, Watch, approve
from loadtests.costs import Acts, foreseen, length_s
from loadtests.profiles import PROFILES

SMOKE = PROFILES["smoke"]
AMPLE = Ceiling(1.0, 900.0, prices("us-east-1"))
Typed = Callable[[str], TextIO]


@pytest.fixture
def typed() -> Iterator[Typed]:
    """`typed(text)`: a terminal at which somebody has typed that."""
    with ExitStack() as open_files:

        def terminal(text: str) -> TextIO:
            keyboard, screen = os.openpty()
            open_files.callback(os.close, keyboard)
            os.write(keyboard, text.encode())
            return open_files.enter_context(os.fdopen(screen))

        yield terminal


def test_the_estimate_is_said_before_anything_is_asked(typed: Typed) -> None:
    said: list[str] = []
    approve(SMOKE, AMPLE, approved=False, say=said.append, answers=typed("y\n"))
    assert said[0] == f"This load on AWS, at the most: ${AMPLE.usd_of(foreseen(SMOKE)):.4f}"
    assert any("WebSocket messages" in line for line in said)
    assert said[-2:] == ["It takes 82 s, and is cut short at $1.00 or 900 s.", "Run it? [y/N]"]


@pytest.mark.parametrize("text", ["n\n", "\n", "perhaps\n"])
def test_whatever_is_no_yes_is_a_no(typed: Typed, text: str) -> None:
    with pytest.raises(BudgetError, match="not run"):
        approve(SMOKE, AMPLE, approved=False, say=print, answers=typed(text))


def test_where_nobody_can_be_asked_it_has_to_be_wanted_beforehand() -> None:
    with pytest.raises(BudgetError, match="--yes"):
        approve(SMOKE, AMPLE, approved=False, say=print, answers=io.StringIO("y\n"))
    approve(SMOKE, AMPLE, approved=True, say=print, answers=io.StringIO())


def test_an_estimate_beyond_the_ceiling_is_not_run_however_much_it_is_wanted() -> None:
    cheap = Ceiling(AMPLE.usd_of(foreseen(SMOKE)) / 2, 900.0, AMPLE.prices)
    with pytest.raises(BudgetError, match="--max-usd"):
        approve(SMOKE, cheap, approved=True, say=print)
    short = Ceiling(1.0, length_s(SMOKE) - 1, AMPLE.prices)
    with pytest.raises(BudgetError, match="--max-duration"):
        approve(SMOKE, short, approved=True, say=print)


def test_a_ceiling_is_passed_by_money_or_by_time() -> None:
    million = Acts(frames=1_000_000)
    assert "had come to $1." in AMPLE.passed_by(million, 12.0)
    assert AMPLE.passed_by(Acts(), 901.0) == "it had taken 901 s, more than 900 s"
    assert AMPLE.passed_by(foreseen(SMOKE), length_s(SMOKE)) == ""


def test_the_load_is_ended_once_its_ceiling_is_passed() -> None:
    ended, reasons = Event(), list[str]()

    def end(reason: str) -> None:
        reasons.append(reason)
        ended.set()

    watch = Watch(AMPLE, lambda: Acts(frames=1_000_000), end)
    watch.start()
    assert ended.wait(30)
    assert watch.stop()["usd"] > 1.0
    assert len(reasons) == 1
