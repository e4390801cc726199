"""Background tasks."""

from __future__ import annotations

import asyncio

import pytest

from cloudrig.services.lambda_.tasks import Tasks
from tests.services.lambda_.harness import settle


async def test_closing_ends_what_runs() -> None:
    tasks, ended = Tasks(), []

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    tasks.start(run())
    await settle()
    await tasks.close()
    assert ended == [1]


async def test_finishing_waits_for_what_runs() -> None:
    tasks, done = Tasks(), []

    async def run() -> None:
        await settle()
        done.append(1)
        if len(done) < 3:
            tasks.start(run())

    tasks.start(run())
    await tasks.finish()
    assert done == [1, 1, 1]


async def test_a_failure_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("lost")

    Tasks().start(fail())
    await settle()
    assert "lost" in caplog.text
