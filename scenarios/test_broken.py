"""What people see when something behind the chat is broken: here somebody has deleted two of its tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import expect

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.browser import OpenWindow
from scenarios.stacks import stack
from scenarios.story import Chat

# With --dist loadgroup one worker deploys it.
pytestmark = pytest.mark.xdist_group("broken")


@pytest.fixture(scope="module")
async def outputs(target: Target, aws: Clients) -> AsyncIterator[dict[str, Any]]:
    """The chat once more, without the tables of messages and users."""
    async with stack(target) as outputs:
        dynamodb = aws("dynamodb")
        for table in ("Messages", "Users"):
            await asyncio.to_thread(dynamodb.delete_table, TableName=outputs["tables"][table])
            gone = dynamodb.get_waiter("table_not_exists")
            await asyncio.to_thread(gone.wait, TableName=outputs["tables"][table], WaiterConfig={"Delay": 1})
        yield outputs


async def test_what_breaks_is_answered_and_breaks_nothing_else(chat: Chat, outputs: dict[str, Any]) -> None:
    """`Internal`, with the request's id and without a word of why; the connection goes on, and so does what needs no
    messages.
    """
    ann, bob = await chat.join("lobby", "ann", "bob")
    for action in ("sendMessage", "getMessages", "searchMessages"):
        answer = await ann.request(action, roomId="lobby", text="hello", query="hello")
        assert (answer["type"], answer["code"]) == ("error", "Internal"), action
        assert outputs["tables"]["Messages"] not in answer["message"]
        assert set(answer) == {"type", "code", "message", "requestId"}
    room = await ann.ask("createRoom", "room", name="Tea")
    await bob.ask("joinRoom", "joinRequested", roomId=room["roomId"])
    await ann.expect("joinRequest", username=bob.username)


async def test_accounts_that_break_are_a_500(chat: Chat, outputs: dict[str, Any]) -> None:
    """`Internal` over REST is an error body like any other, and may be read by the site."""
    for call in (chat.accounts.sign_up, chat.accounts.log_in):
        answer = await call("somebody", "correct horse")
        assert (answer.status, answer.code) == (500, "Internal")
        assert outputs["tables"]["Users"] not in str(answer.body)
        assert "access-control-allow-origin" in answer.headers


async def test_the_site_says_what_could_not_be_done(chat: Chat, open_window: OpenWindow) -> None:
    """Nothing that was written is lost: it stands there as not sent, and can be tried again; what could not be loaded
    says so, too.
    """
    ann = await open_window()
    await ann.page.get_by_label("User name").fill("somebody")
    await ann.page.get_by_label("Password", exact=True).fill("correct horse")
    await ann.page.get_by_role("button", name="Sign in").click()
    await expect(ann.page.get_by_role("alert")).to_contain_text("went wrong")

    await ann.join_as_guest(chat.name("ann"))
    log = ann.page.get_by_role("log")
    await expect(log.get_by_role("alert").filter(has_text="The messages could not be loaded.")).to_be_visible()
    await ann.say("hello")
    failed = log.get_by_role("alert").filter(has_text="Not sent.")
    await expect(failed).to_be_visible()
    await failed.get_by_role("button", name="Retry").click()
    await expect(failed).to_be_visible()
    await ann.shows("hello")
    await ann.is_connected()
