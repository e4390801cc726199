"""A closed loop counts what ends in its window and leaves the warm-up out."""

import asyncio
import os
import time

import pytest

from benchmarks.load import Effort, closed_loop

_EFFORT = Effort(runs=1, warm_up_s=0.05, window_s=0.2, repeats=1, connections=())


async def test_rate_and_latency_follow_from_how_long_an_operation_takes() -> None:
    async def operation() -> None:
        await asyncio.sleep(0.01)

    samples = await closed_loop([operation] * 4, _EFFORT, os.getpid())
    assert 10 <= samples.percentile_ms(50) < 100
    assert 0 < samples.rate <= 400 * 1.1
    assert samples.usage.generator_s > 0


async def test_the_window_opens_when_every_client_has_had_an_answer() -> None:
    began = time.perf_counter()
    slow_first = iter([0.3])

    async def slow() -> None:
        await asyncio.sleep(next(slow_first, 0.01))

    async def fast() -> None:
        await asyncio.sleep(0.01)

    samples = await closed_loop([slow, fast], _EFFORT, None)
    assert time.perf_counter() - began >= 0.3 + _EFFORT.window_s
    assert max(samples.latencies_ms) < 250, "the slow first answer was warm-up"


async def test_an_operation_longer_than_the_window_is_measured_all_the_same() -> None:
    async def operation() -> None:
        await asyncio.sleep(0.3)

    samples = await closed_loop([operation], _EFFORT, None)
    assert samples.percentile_ms(50) >= 300


async def test_a_failing_client_ends_the_load() -> None:
    async def operation() -> None:
        raise ConnectionError("gone")

    with pytest.raises(ExceptionGroup):
        await closed_loop([operation], _EFFORT, None)
