"""The table at the end of a load; see loadtests/summary.py."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from loadtests import summary
from loadtests.ledger import Account

GOOD = Account(
    sent=10, acknowledged=10, refused={}, expected=20, delivered=20, lost=0, repeated=0, dropped=0, trouble={}
)


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (51, 3.0), (90, 4.0), (99, 4.0)])
def test_percentiles_are_values_that_occurred(percent: int, value: float) -> None:
    """By nearest rank: no figure is printed that nobody measured."""
    assert summary.percentile(array("d", [4.0, 1.0, 3.0, 2.0]), percent) == value


def test_a_good_run_has_no_verdict() -> None:
    assert summary.verdict(GOOD) == ""


def test_a_lost_delivery_is_a_failure() -> None:
    assert "1 deliveries" in summary.verdict(replace(GOOD, delivered=19, lost=1))


def test_an_unanswered_message_is_a_failure() -> None:
    """An error of the gateway or the loss of a connection: nobody knows whether it was stored."""
    assert "1 messages" in summary.verdict(replace(GOOD, sent=11))


def test_silence_is_a_failure() -> None:
    """Where nothing was acknowledged nothing can be lost, and nothing was shown either."""
    assert summary.verdict(replace(GOOD, sent=0, acknowledged=0, expected=0, delivered=0))


def test_the_table_has_every_figure() -> None:
    account = replace(GOOD, sent=12, refused={"RateLimited": 2}, dropped=1, trouble={"API Gateway: Forbidden": 3})
    lines = summary.render(account, {"deliver": array("d", [1.0, 2.0])}, 4.0).splitlines()
    words = [" ".join(line.split()) for line in lines]
    assert words[:3] == [
        "messages 12 sent · 10 acknowledged · 2 refused · 0 unanswered",
        "deliveries 20 expected · 20 delivered · 0 lost · 0 repeated",
        "per second 2.5 messages · 5.0 deliveries",
    ]
    assert "deliver 2 1.0 2.0 2.0 2.0" in words
    assert words[-4:] == [
        "2 × refused: RateLimited; deploy with RATE_LIMIT=0 for loads",
        "3 × API Gateway: Forbidden",
        "1 connections were dropped",
        "Nothing that was acknowledged was lost.",
    ]
