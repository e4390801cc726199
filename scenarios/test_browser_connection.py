"""The site when the connection is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from cloudrig.targets import Target
from scenarios.browser import Window
from scenarios.story import Chat

Cut = Callable[[str], Awaitable[None]]


@pytest.fixture
def cut(chat: Chat, target: Target, outputs: dict[str, Any]) -> Cut:
    """Ends all connections of a user from the server's side, as AWS does after two hours."""

    client = target.session().client("apigatewaymanagementapi", endpoint_url=outputs["callback_url"])

    async def cut_all(username: str) -> None:
        for row in await chat.rows(username):
            await asyncio.to_thread(client.delete_connection, ConnectionId=row["connectionId"]["S"])

    return cut_all


async def test_nothing_is_lost_or_doubled_over_a_lost_connection(chat: Chat, windows: list[Window], cut: Cut) -> None:
    """While one is offline, both go on writing; afterwards each message stands once in each window."""
    ann, bob = windows
    ann_name, bob_name, room = chat.name("ann"), chat.name("bob"), chat.name("Tea")
    await ann.join_as_guest(ann_name)
    await bob.join_as_guest(bob_name)
    await bob.ask(await ann.create_room(room), room)
    await ann.approve(f"~{bob_name}")
    await bob.is_in(room)
    await bob.say("before")
    await ann.shows("before")

    await ann.page.context.set_offline(True)
    await cut(f"~{ann_name}")
    await expect(ann.page.get_by_role("status").filter(has_text="Reconnecting")).to_be_visible()
    await ann.say("written offline")
    await bob.say("said meanwhile")
    await ann.page.context.set_offline(False)

    await ann.is_connected()
    for window in (ann, bob):
        for text in ("before", "said meanwhile", "written offline"):
            await window.shows(text)
    assert await ann.page.get_by_role("alert").filter(has_text="Not sent").count() == 0


async def test_a_cut_connection_comes_back_by_itself(chat: Chat, windows: list[Window], cut: Cut) -> None:
    """Nobody has to do anything, and what comes afterwards is heard."""
    ann, bob = windows
    ann_name = chat.name("ann")
    await ann.join_as_guest(ann_name)
    await bob.join_as_guest(chat.name("bob"))
    await cut(f"~{ann_name}")
    words = chat.name("after the cut")
    await bob.say(words)
    await ann.shows(words)
    await ann.is_connected()
