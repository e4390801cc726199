"""Errors that nobody foresaw: logged, waited out, and the end of nothing."""

from __future__ import annotations

import asyncio

import pytest

from cloudrig.engine.enduring import LONGEST_PAUSE_S, Enduring


class Pauses(list[float]):
    async def sleep(self, seconds: float) -> None:
        self.append(seconds)


async def test_a_loop_goes_on_after_growing_pauses_and_starts_over_after_a_success() -> None:
    pauses, rounds = Pauses(), 0
    going_on = Enduring("the work", sleep=pauses.sleep)
    while rounds < 12:
        async with going_on:
            rounds += 1
            if rounds != 10:
                raise KeyError("what nobody foresaw")
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S, 1, 2]


async def test_what_was_foreseen_is_a_line_and_what_was_not_has_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    going_on = Enduring("the work", foreseen=(OSError,), sleep=Pauses().sleep)
    async with going_on:
        raise OSError("disk full")
    assert "the work: disk full" in caplog.text
    assert "Traceback" not in caplog.text
    async with going_on:
        raise KeyError("what")
    assert "Traceback" in caplog.text


async def test_cancelling_and_what_ends_the_loop_are_passed_on() -> None:
    going_on = Enduring("the work", until=(LookupError,), sleep=Pauses().sleep)
    with pytest.raises(KeyError):
        async with going_on:
            raise KeyError("the end")
    with pytest.raises(asyncio.CancelledError):
        async with going_on:
            raise asyncio.CancelledError
