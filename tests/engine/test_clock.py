"""The rig's clock: tests move AWS's minutes instead of waiting for them."""

import asyncio
import math

import pytest

from cloudrig.engine.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(source=lambda: 1000.0)


async def test_stands_still_until_advanced(clock: Clock) -> None:
    assert clock.now() == 1000.0
    clock.advance(12.5)
    assert (clock.now(), clock.now_ms()) == (1012.5, 1_012_500)


async def test_timers_fire_in_order_of_deadline_not_of_creation(clock: Clock) -> None:
    fired: list[str] = []
    clock.call_later(20, lambda: fired.append("late"))
    clock.call_later(10, lambda: fired.append("early"))
    clock.call_later(30, lambda: fired.append("not yet"))
    clock.advance(25)
    assert fired == ["early", "late"]


async def test_cancelled_timer_never_fires(clock: Clock) -> None:
    fired: list[str] = []
    timer = clock.call_later(1, lambda: fired.append("x"))
    timer.cancel()
    timer.cancel()
    clock.advance(2)
    assert fired == []


async def test_timer_set_by_a_timer_fires_in_the_same_advance(clock: Clock) -> None:
    fired: list[str] = []

    def first() -> None:
        clock.call_later(0, lambda: fired.append("second"))

    clock.call_later(1, first)
    clock.advance(1)
    assert fired == ["second"]


async def test_sleepers_wake_when_time_is_moved(clock: Clock) -> None:
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(3600)
    await asyncio.wait_for(sleeper, 1)


async def test_real_time_runs_without_advance() -> None:
    clock = Clock()
    before = clock.now()
    await clock.sleep(0.01)
    assert clock.now() - before >= 0.01


async def test_time_never_moves_back(clock: Clock) -> None:
    for seconds in (-1, math.inf, math.nan, 1e12):
        with pytest.raises(ValueError, match="forward"):
            clock.advance(seconds)


async def test_a_timer_that_fails_keeps_no_other_from_firing(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    fired: list[str] = []
    clock.call_later(1, lambda: fired.remove("what is not there"))
    clock.call_later(2, lambda: fired.append("after it"))
    clock.advance(3)
    assert fired == ["after it"]
    assert "ValueError" in caplog.text


async def test_nor_in_real_time() -> None:
    clock, fired, none = Clock(), asyncio.Event(), list[str]()
    clock.call_later(0, lambda: none.remove("what is not there"))
    clock.call_later(0.01, fired.set)
    await asyncio.wait_for(fired.wait(), 5)


@pytest.mark.parametrize("jump_s", [-3600, 3600])
async def test_timers_do_not_mind_that_the_machines_clock_is_set(jump_s: float) -> None:
    """What it shows follows the machine's; what sleeps counts seconds that pass."""
    machine, passed = [1_000_000.0], [50.0]
    clock, fired = Clock(lambda: machine[0], steady=lambda: passed[0]), list[str]()
    clock.call_later(10, lambda: fired.append("ten"))
    machine[0] += jump_s
    clock.advance(0)
    assert (fired, clock.now()) == ([], 1_000_000.0 + jump_s)
    passed[0] += 4
    clock.advance(6)
    assert fired == ["ten"]
