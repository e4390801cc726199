"""What a load will cost, and what it has cost: both by the same sum, so that one bounds the other."""

from __future__ import annotations

import json

import pytest

from cloudrig.cost.prices import prices
from loadtests.costs import Acts, counted, foreseen, total
from loadtests.ledger import Ledger
from loadtests.profiles import PROFILES, Profile


def test_every_dimension_of_a_load_has_a_price() -> None:
    usage = foreseen(PROFILES["smoke"]).usage()
    assert usage.keys() <= prices("us-east-1").of.keys()
    assert all(usage.values())


def test_a_message_to_the_lobby_is_heard_by_all_and_one_to_a_room_by_the_room() -> None:
    """Ten chatters and ten guests share 20 messages a second: half go to rooms of five, half to everybody."""
    mixed = Profile(chatters=10, guests=10, room_size=5, rate=20, duration_s=10)
    silent = mixed.changed(rate=0.0)
    more = foreseen(mixed).frames - foreseen(silent).frames
    deliveries = 10 * 10 * (5 + 20)
    looks = 4 * 200 / 100
    assert more == deliveries + 2 * 200 + looks
    lobby = Profile(chatters=20, rate=20, duration_s=10)
    assert foreseen(lobby).frames - foreseen(lobby.changed(rate=0.0)).frames == 20 * 200 + 2 * 200 + looks


def test_a_spike_is_in_it() -> None:
    """Ten times as much for ten seconds of a minute."""
    calm = Profile(guests=1, rate=10, duration_s=60)
    assert foreseen(calm.changed(spike=(20, 10, 10))).messages == 10 * (60 + 90)


def test_each_loss_is_one_more_connection() -> None:
    together = Profile(reconnectors=20, accounts=5, duration_s=40, drop_every_s=10, drop_together=True)
    assert foreseen(together).connections == 40
    assert foreseen(together.changed(drop_together=False)).connections == 20 + 20 * 5


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_connections_stand_from_their_entry_until_the_histories_are_read(profile: Profile) -> None:
    assert foreseen(profile).connection_minutes > profile.users * (profile.duration_s / 60 + 1)


def a_ledger() -> Ledger:
    """Ann has signed up, said one thing in the lobby, which both heard, and left after a minute."""
    ledger = Ledger()
    for name in ("ann", "~bob"):
        ledger.connected(f"{name}#0", "lobby", 0.0)
    ledger.measured("sign up", 1.0, 0.0)
    ledger.sent("ann/0", "lobby", 1.0, 1.0)
    ledger.asked()
    for _ in range(3):
        ledger.got(300)
    ledger.ended("ann#0", 60.0, dropped=False)
    return ledger


def test_what_was_done_is_counted_with_what_it_still_entails() -> None:
    """Two pushes and an answer to one message; the last look at its room; and who is still there hears both leave."""
    found = counted(a_ledger(), 120.0)
    assert (found.accounts, found.connections, found.messages) == (1, 2, 1)
    assert found.connection_minutes == 1.0 + 2.0
    looks = 0.01 + 1
    assert found.requests == 1 + looks
    assert found.frames == pytest.approx(4 + 3 * looks + 2 * 1 / 2)


def test_a_frame_is_billed_in_steps_of_32_kb() -> None:
    ledger = Ledger()
    ledger.got(33 * 1024)
    assert ledger.frames == 2


def test_workers_counts_add_up_as_their_ledgers_do() -> None:
    whole = Ledger()
    whole.merge(json.loads(json.dumps(a_ledger().to_wire())))
    assert counted(whole, 120.0) == counted(a_ledger(), 120.0)
    twice = total([counted(a_ledger(), 120.0)] * 2)
    assert twice.frames == 2 * counted(a_ledger(), 120.0).frames
    assert total([]) == Acts()
