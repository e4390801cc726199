"""Few processes start at once."""

from __future__ import annotations

import asyncio

import pytest

from cloudrig.services.lambda_ import starts
from cloudrig.services.lambda_.starts import StartGate
from tests.services.lambda_.harness import settle


async def test_no_more_than_allowed_at_once() -> None:
    gate, inside, most = StartGate(2), 0, 0

    async def start() -> None:
        nonlocal inside, most
        async with gate.turn():
            inside += 1
            most = max(most, inside)
            await settle(3)
            inside -= 1

    await asyncio.gather(*(start() for _ in range(10)))
    assert most == 2


async def test_a_slow_start_stops_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starts, "COUNTS_FOR_S", 0.01)
    gate = StartGate(1)
    async with gate.turn(), asyncio.timeout(5), gate.turn():
        pass
    async with gate.turn():  # the place was given back once, not twice
        waiting = asyncio.ensure_future(gate.turn().__aenter__())
        await settle()
        assert not waiting.done()
        waiting.cancel()
