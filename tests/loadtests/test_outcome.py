"""Figures, bottleneck and verdict of a load."""

from array import array
from typing import Any

import pytest

from loadtests import outcome as of
from loadtests.ledger import Account, Ledger
from loadtests.outcome import Course, Limits

GOOD = Account(
    sent=10, acknowledged=10, refused={}, expected=20, delivered=20, lost=0, repeated=0, out_of_order=0, looked_up=10,
    not_stored=0, stored_twice=0, connections=2, dropped=0, trouble={},
)  # fmt: skip


def changed(**changes: Any) -> Account:
    return Account(**{**GOOD.__dict__, **changes})


def test_percentiles_are_values_that_were_measured() -> None:
    figures = of.figures(array("d", [5.0, 1.0, 4.0, 2.0, 3.0]))
    assert figures == {"count": 5, "p50": 3.0, "p90": 5.0, "p99": 5.0, "max": 5.0}
    hundred = [float(value) for value in range(1, 101)]
    assert (of.percentile(hundred, 50), of.percentile(hundred, 99)) == (50.0, 99.0)


def test_a_good_load_has_no_failure() -> None:
    assert of.failures(GOOD, {"deliver": {"p99": 100.0}}, Course(), Limits(100.0, 0.0)) == []


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (changed(lost=1), "1 deliveries of acknowledged messages were lost"),
        (changed(not_stored=2), "2 acknowledged messages are not in the history"),
        (changed(stored_twice=3), "3 messages are in the history twice"),
        (changed(acknowledged=6, looked_up=6), "4 messages were not answered"),
        (changed(looked_up=7), "3 acknowledged messages could not be looked up"),
        (changed(dropped=5), "5 connections were dropped"),
    ],
)
def test_what_went_wrong_is_a_failure(account: Account, words: str) -> None:
    (failure,) = of.failures(account, {}, Course(), Limits())
    assert words in failure


def test_a_rig_that_fell_silent_is_a_failure() -> None:
    assert of.failures(GOOD, {}, Course(silent_s=12.0), Limits()) == ["The rig did not answer for 12 s."]


def test_a_worker_that_went_is_a_failure() -> None:
    (failure,) = of.failures(GOOD, {}, Course(lost_workers=2), Limits())
    assert failure.startswith("2 of the workers went")


def test_a_load_that_was_cut_short_says_so_first() -> None:
    first, _ = of.failures(changed(lost=1), {}, Course(cut_short="it cost too much"), Limits())
    assert first == "Cut short: it cost too much."


def test_whoever_was_turned_away_is_a_failure() -> None:
    assert of.failures(GOOD, {}, Course(turned_away=49), Limits()) == ["49 people did not get in."]


def test_a_refused_message_is_a_failure_only_beyond_the_limit() -> None:
    account = changed(acknowledged=9, looked_up=9, refused={"RateLimited": 1})
    assert of.failures(account, {}, Course(), Limits()) == []
    assert of.failures(account, {}, Course(), Limits(max_error_rate=0.1)) == []
    (failure,) = of.failures(account, {}, Course(), Limits(max_error_rate=0.05))
    assert failure == "10.00% of the messages failed; at most 5.00% was asked."


def test_slow_deliveries_are_a_failure_beyond_the_limit() -> None:
    (failure,) = of.failures(GOOD, {"deliver": {"p99": 250.0}}, Course(), Limits(max_p99_delivery_ms=200.0))
    assert failure == "Delivery took 250 ms at p99; at most 200 was asked."


def sample(engine: float | None, functions: float, generator: float) -> dict[str, Any]:
    children = {"functions": functions}
    return {
        "at": 1.0, "span_s": 1.0, "engine_cores": engine, "children_cores": children, "generator_cores": generator,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cores", "used", "late_ms", "words"),
    [
        (2, (0.8, 0.9, 0.3), 1.0, "The machine: 2.0 of its 2 cores were in use (functions 0.90, the engine 0.80"),
        (8, (0.97, 0.9, 0.3), 1.0, "The engine, which has one core: 0.97 of it"),
        (8, (0.2, 0.1, 0.9), 80.0, "The load itself: it sent late, by 80 ms"),
        (8, (0.2, 0.1, 0.3), 80.0, "Not known: nothing was at its limit, and yet messages were sent late, by 80 ms"),
        (8, (0.2, 0.1, 0.1), 1.0, "Nothing was at its limit: 0.4 of 8 cores"),
        (8, (None, 0.1, 0.1), 1.0, "Not known"),
    ],
)
def test_the_bottleneck_is_what_was_at_its_limit(
    monkeypatch: pytest.MonkeyPatch, cores: int, used: tuple[float | None, float, float], late_ms: float, words: str
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    said = of.bottleneck([sample(*used)], {"send": {"p99": late_ms}}, 0.0, 2.0)
    assert said.startswith(words)


def test_what_is_sent_late_while_the_rig_has_the_machine_is_not_the_loads_doing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    said = of.bottleneck([sample(0.8, 1.1, 0.1), sample(0.1, 0.1, 0.1)], {"send": {"p99": 90.0}}, 0.0, 2.0)
    assert said.startswith("The machine, for 1 s: all its 2 cores were in use, and messages were sent late, by 90 ms")


def test_the_last_recipient_of_each_message_counts() -> None:
    ledger = Ledger()
    ledger.connected("bob#0", "lobby", 0.0)
    ledger.connected("eve#0", "lobby", 0.0)
    ledger.sent("ann/0", "lobby", 1.0, 1.0)
    ledger.heard("bob#0", "ann", 0, 1.25)
    ledger.heard("eve#0", "ann", 0, 1.5)
    last = of.last_recipients(ledger)
    assert last is not None
    assert (last["count"], last["max"]) == (1, 500.0)
    assert of.last_recipients(Ledger()) is None


def test_seconds_tell_what_happened_in_each() -> None:
    ledger = Ledger()
    for at in (10.2, 10.4, 12.0):
        ledger.sent(f"ann/{at}", "lobby", at, at)
        ledger.measured("acknowledge", 3.0, at + 0.1)
    ledger.measured("deliver", 7.0, 11.0)
    seconds = of.by_second(ledger, 10.0)
    assert [(second["sent"], second["acknowledged"], second["delivered"]) for second in seconds] == [
        (2, 2, 0),
        (0, 0, 1),
        (1, 1, 0),
    ]
    assert seconds[1]["p50"] == 7.0
