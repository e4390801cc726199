"""When more environments are started: always for slow functions, rarely for fast ones."""

from __future__ import annotations

from cloudrig.services.lambda_.scaling import FAST_S, PATIENCE_S, Scaling


def test_without_experience_every_waiting_event_lacks_an_environment() -> None:
    assert Scaling(0.0).lacking(32, busy=1) == 32


def test_a_slow_function_is_scaled_as_on_aws() -> None:
    scaling = Scaling(0.0)
    scaling.ended(FAST_S, 0, 1.0)
    assert scaling.lacking(5, busy=3) == 5


def test_a_fast_function_needs_more_only_for_more_than_its_environments_can_take_in_time() -> None:
    scaling = Scaling(0.0)
    scaling.ended(0.01, 0, 1.0)
    assert scaling.lacking(25, busy=1) == 0
    assert scaling.lacking(26, busy=1) == 1
    assert scaling.lacking(3, busy=0) == 3


def test_events_that_take_long_in_a_crowd_do_not_make_a_function_slow() -> None:
    scaling = Scaling(0.0)
    scaling.ended(0.001, 0, 1.0)
    for _ in range(100):
        scaling.ended(1.0, 50, 1.0)
    assert scaling.lacking(50, busy=1) == 0
    for _ in range(100):
        scaling.ended(1.0, 0, 1.0)
    assert scaling.lacking(50, busy=1) == 50


def test_events_that_waited_in_vain_get_environments_at_once_where_nothing_moves() -> None:
    scaling = Scaling(0.0)
    scaling.ended(0.001, 1, 1.0)
    assert scaling.overdue([PATIENCE_S, PATIENCE_S, 0.0], 1.0 + PATIENCE_S) == 2
    assert scaling.overdue([0.1], 2.0) == 0


def test_on_a_pressed_machine_nothing_has_to_move_for_longer() -> None:
    scaling = Scaling(0.0)
    scaling.ended(0.001, 1, 10.0)
    assert scaling.overdue([1.0, 1.0], 10.0 + PATIENCE_S, pressed=True) == 1
    assert scaling.overdue([1.0, 1.0], 10.0 + 2 * PATIENCE_S, pressed=True) == 0
    assert scaling.overdue([1.0, 1.0], 10.0 + 4 * PATIENCE_S, pressed=True) == 2


def test_and_one_by_one_where_environments_come_free_all_the_time() -> None:
    scaling, started = Scaling(0.0), []
    for tick in range(1000):
        now = 1.0 + tick * 0.01
        scaling.ended(0.001, 50, now)
        if scaling.overdue([1.0] * 50, now):
            started.append(round(now - 1.0, 2))
    assert len(started) <= 6, "in ten seconds of overload"
    scaling.ended(0.001, 0, 11.0)
    assert scaling.overdue([1.0], 11.2) == 1, "when nobody waits, patience is what it was"


def test_on_a_pressed_machine_events_wait_for_what_is_at_work() -> None:
    """As long as there is anything at work; a function without environments gets one."""
    scaling = Scaling(0.0)
    scaling.ended(1.0, 0, 1.0)
    assert scaling.lacking(5, busy=1, pressed=True) == 0
    assert scaling.lacking(5, busy=0, pressed=True) == 5
