"""What counts as lost, repeated, out of order, refused; see loadtests/ledger.py."""

from __future__ import annotations

import json

import pytest

from loadtests.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """Ann and bob are in the lobby from second 1 on; ann has said one thing, in second 2, which was acknowledged."""
    ledger = Ledger()
    ledger.connected("ann#0", "lobby", 1.0)
    ledger.connected("bob#0", "lobby", 1.0)
    ledger.sent("ann/0", "lobby", 2.0, 2.0)
    assert ledger.answered("ann/0", "sent") == 2.0
    return ledger


def test_a_message_that_everybody_heard_is_settled(ledger: Ledger) -> None:
    ledger.heard("ann#0", "ann", 0, 2.1)
    ledger.heard("bob#0", "ann", 0, 2.2)
    account = ledger.account()
    assert ledger.is_settled
    assert (account.expected, account.delivered, account.lost, account.repeated) == (2, 2, 0, 0)


def test_an_acknowledged_message_that_somebody_did_not_hear_is_lost(ledger: Ledger) -> None:
    ledger.heard("ann#0", "ann", 0, 2.1)
    assert not ledger.is_settled
    assert ledger.account().lost == 1


def test_a_message_heard_twice_is_repeated_and_delivered_once(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.heard("bob#0", "ann", 0, 2.1)
    account = ledger.account()
    assert (account.delivered, account.repeated, account.lost) == (1, 2, 1)


def test_one_speakers_messages_in_another_order_are_counted(ledger: Ledger) -> None:
    for number in (0, 2, 1, 3):
        ledger.heard("bob#0", "ann", number, 3.0)
    assert ledger.account().out_of_order == 1


def test_who_came_later_is_owed_nothing_and_may_hear_it(ledger: Ledger) -> None:
    """A connection made while the message is under way may or may not be in the fan-out."""
    ledger.connected("eve#0", "lobby", 2.5)
    ledger.heard("eve#0", "ann", 0, 2.6)
    account = ledger.account()
    assert (account.expected, account.delivered, account.lost) == (2, 1, 2)


def test_a_room_owes_to_who_has_joined_it(ledger: Ledger) -> None:
    ledger.connected("bob#0", "r1", 5.0)
    for at in (4.0, 6.0):
        ledger.sent(f"bob/{at}", "r1", at, at)
        ledger.answered(f"bob/{at}", "sent")
    assert ledger.account().expected == 2 + 1


def test_who_left_is_owed_what_was_sent_well_before(ledger: Ledger) -> None:
    """What was sent just before may have been under way to the connection when it ended."""
    ledger.ended("bob#0", 10.0, dropped=False)
    for number, at in enumerate((7.0, 9.0, 11.0), start=1):
        ledger.sent(f"ann/{number}", "lobby", at, at)
        ledger.answered(f"ann/{number}", "sent")
    account = ledger.account()
    assert account.expected == 4 + 2
    assert account.dropped == 0


def test_a_connection_that_ended_against_its_users_will_is_dropped_once(ledger: Ledger) -> None:
    ledger.ended("bob#0", 3.0, dropped=True)
    ledger.ended("bob#0", 4.0, dropped=True)
    assert ledger.account().dropped == 1
    assert ledger.standing == 1


def test_a_refused_message_is_owed_to_nobody(ledger: Ledger) -> None:
    ledger.sent("ann/1", "lobby", 4.0, 4.0)
    ledger.answered("ann/1", "RateLimited")
    account = ledger.account()
    assert account.refused == {"RateLimited": 1}
    assert (account.acknowledged, account.unanswered, account.expected) == (1, 0, 2)
    assert account.error_rate == 0.5


def test_an_unanswered_message_is_not_settled(ledger: Ledger) -> None:
    """It may have been stored or not: it counts by itself, neither as lost nor as delivered."""
    ledger.heard("ann#0", "ann", 0, 2.1)
    ledger.heard("bob#0", "ann", 0, 2.1)
    ledger.sent("bob/0", "lobby", 5.0, 5.0)
    account = ledger.account()
    assert not ledger.is_settled
    assert (account.sent, account.unanswered, account.expected, account.lost) == (2, 1, 2, 0)


def test_the_answer_to_something_else_is_no_messages(ledger: Ledger) -> None:
    assert ledger.answered("history/1", "messages") is None


def test_the_history_tells_what_was_not_stored_and_what_twice(ledger: Ledger) -> None:
    for number, answer in ((1, "sent"), (2, "sent"), (3, "RateLimited")):
        ledger.sent(f"ann/{number}", "lobby", 3.0, 3.0)
        ledger.answered(f"ann/{number}", answer)
    ledger.sent("bob/0", "r1", 3.0, 3.0)
    ledger.answered("bob/0", "sent")
    assert ledger.account().looked_up == 0, "nobody has read a history yet"
    ledger.stored("lobby", ["ann/0", "ann/1", "ann/1"])
    account = ledger.account()
    assert (account.looked_up, account.not_stored, account.stored_twice) == (3, 1, 1)


def test_workers_ledgers_become_one(ledger: Ledger) -> None:
    """Ann is on one worker, bob's second connection on another, where he hears her and speaks."""
    other = Ledger()
    other.connected("bob#1", "lobby", 1.0)
    other.heard("bob#1", "ann", 0, 2.2)
    other.sent("bob/0", "lobby", 3.0, 3.0)
    other.answered("bob/0", "sent")
    other.measured("deliver", 200.0, 2.2)
    other.trouble["odd"] += 1
    whole = Ledger()
    for part in (ledger, other):
        whole.merge(json.loads(json.dumps(part.to_wire())))
    account = whole.account()
    assert (account.sent, account.connections, account.expected, account.lost) == (2, 3, 6, 5)
    assert account.trouble == {"odd": 1}
    assert whole.series["deliver"].ms.tolist() == [200.0]
