"""What counts as lost, repeated, refused; see loadtests/ledger.py."""

from __future__ import annotations

import pytest

from loadtests.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """Ann and bob are there from second 1 on; ann has said one thing, in second 2, which was acknowledged."""
    ledger = Ledger()
    ledger.connected("ann", 1.0)
    ledger.connected("bob", 1.0)
    ledger.sent("ann/0", 2.0, 2.0)
    ledger.answered("ann/0", "sent")
    return ledger


def test_a_message_that_everybody_heard_is_settled(ledger: Ledger) -> None:
    ledger.heard("ann", "ann/0")
    ledger.heard("bob", "ann/0")
    account = ledger.account()
    assert ledger.is_settled
    assert (account.expected, account.delivered, account.lost, account.repeated) == (2, 2, 0, 0)


def test_an_acknowledged_message_that_somebody_did_not_hear_is_lost(ledger: Ledger) -> None:
    ledger.heard("ann", "ann/0")
    assert not ledger.is_settled
    assert ledger.account().lost == 1


def test_a_message_heard_twice_is_repeated_and_delivered_once(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.heard("bob", "ann/0")
    account = ledger.account()
    assert (account.delivered, account.repeated, account.lost) == (1, 2, 1)


def test_who_came_later_is_owed_nothing_and_may_hear_it(ledger: Ledger) -> None:
    """A connection made while the message is under way may or may not be in the fan-out."""
    ledger.connected("eve", 2.5)
    ledger.heard("eve", "ann/0")
    account = ledger.account()
    assert (account.expected, account.delivered, account.lost) == (2, 1, 2)


def test_who_was_dropped_is_owed_what_was_sent_before(ledger: Ledger) -> None:
    ledger.dropped("bob", 3.0)
    ledger.sent("ann/1", 4.0, 4.0)
    ledger.answered("ann/1", "sent")
    account = ledger.account()
    assert (account.expected, account.dropped) == (3, 1)


def test_a_refused_message_is_owed_to_nobody(ledger: Ledger) -> None:
    ledger.sent("ann/1", 4.0, 4.0)
    ledger.answered("ann/1", "RateLimited")
    account = ledger.account()
    assert account.refused == {"RateLimited": 1}
    assert (account.acknowledged, account.unanswered, account.expected) == (1, 0, 2)


def test_an_unanswered_message_is_not_settled(ledger: Ledger) -> None:
    """It may have been stored or not: it counts by itself, neither as lost nor as delivered."""
    ledger.heard("ann", "ann/0")
    ledger.heard("bob", "ann/0")
    ledger.sent("bob/0", 5.0, 5.0)
    account = ledger.account()
    assert not ledger.is_settled
    assert (account.sent, account.unanswered, account.expected, account.lost) == (2, 1, 2, 0)
