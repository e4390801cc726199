"""What takes AWS hours: told on a rig of its own, whose clock these scenarios move. (The session's rig is shared; its
clock would move for everybody, and close their connections.)
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from cloudrig import background, targets
from cloudrig.deployment import deployment, sources
from cloudrig.engine.config import Config
from scenarios.story import Chat

pytestmark = pytest.mark.needs("clock", "ttl")

MINUTE_S = 60
HOUR_S = 3600


@dataclass(frozen=True)
class TimeMachine:
    """A chat on a rig whose clock can be moved forward."""

    chat: Chat
    url: str

    async def advance(self, seconds: float) -> None:
        async with (
            aiohttp.ClientSession(trust_env=True) as session,
            session.post(f"{self.url}/_cloudrig/clock", json={"advanceS": seconds}) as answer,
        ):
            assert answer.status == 200


@pytest.fixture(scope="module")
async def machine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TimeMachine]:
    """A rig with a chat, for the scenarios of this module."""
    data_dir = tmp_path_factory.mktemp("time-machine")
    running = await asyncio.to_thread(background.start, Config(data_dir=data_dir, port=0))
    try:
        own = targets.from_environ(os.environ, running.url)
        deployed = deployment(own, os.environ)
        outputs = await asyncio.to_thread(deployed.deploy, sources(own), lambda line: None)
        async with Chat(dict(outputs), functools.cache(own.session().client)) as chat:
            yield TimeMachine(chat, running.url)
    finally:
        await asyncio.to_thread(background.stop, data_dir, running)


async def test_a_row_that_nobody_removes_expires(machine: TimeMachine) -> None:
    """Where `$disconnect` never came and nobody posts to the connection, DynamoDB removes its row by the TTL."""
    (ann,) = await machine.chat.join("lobby", "ann")
    row = await machine.chat.row(ann)
    await ann.close()
    await machine.chat.until_forgotten(ann)
    await machine.chat.put_back(row)
    await machine.advance(24 * HOUR_S)
    await machine.chat.until_forgotten(ann)


async def test_an_idle_connection_is_closed(machine: TimeMachine) -> None:
    """Ten minutes without a word in either direction: API Gateway closes with 1001, and the chat forgets it.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
    """
    (ann,) = await machine.chat.join("lobby", "ann")
    await machine.advance(11 * MINUTE_S)
    assert await ann.until_closed() == 1001
    await machine.chat.until_forgotten(ann)


async def test_a_heartbeat_keeps_a_connection(machine: TimeMachine) -> None:
    """Who pings every five minutes, as the site does, stays; after two hours nobody does."""
    (ann,) = await machine.chat.join("lobby", "ann")
    for _ in range(23):
        await machine.advance(5 * MINUTE_S)
        await ann.ask("ping", "pong")
    await machine.advance(6 * MINUTE_S)
    assert await ann.until_closed() == 1001
