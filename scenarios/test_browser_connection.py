"""The site when the connection is lost."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Route, expect

from scenarios.browser import Cut, Window
from scenarios.story import Chat
from scenarios.wire import Wire


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

    await ann.lose_connection(cut, f"~{ann_name}")
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


async def test_what_was_changed_meanwhile_shows_wherever_one_had_read(
    chat: Chat, windows: list[Window], cut: Cut, outputs: dict[str, Any]
) -> None:
    """Edits and deletions of what was said long ago, made while one is away, stand in the pages that one had loaded."""
    ann, _ = windows
    ann_name, room = chat.name("ann"), chat.name("Tea")
    await ann.join_as_guest(ann_name)
    link = await ann.create_room(room)
    (bob,) = await chat.join(link.rpartition("/")[2], "bob")
    await bob.ask("joinRoom", "joinRequested", roomId=bob.room)
    await ann.approve(bob.username)
    await ann.page.goto("about:blank")
    ids = await chat.say_long_ago(bob.room, [(bob.username, f"message {index}") for index in range(120)])
    await ann.page.goto(link)
    await ann.finds("message 0")

    await ann.lose_connection(cut, f"~{ann_name}")
    await bob.ask("editMessage", "edited", roomId=bob.room, messageId=ids[0], text="other words")
    await bob.ask("deleteMessage", "deleted", roomId=bob.room, messageId=ids[1])
    await ann.page.context.set_offline(False)

    await ann.shows("other words")
    await ann.shows("Message deleted")
    await ann.shows("message 0", times=0)
    await ann.shows("message 1", times=0)


async def test_a_message_whose_answer_is_lost_is_there_once(chat: Chat, windows: list[Window]) -> None:
    """The connection breaks when the message is stored, and before anybody has said so: the history does."""
    ann, bob = windows
    wire, words = Wire(), chat.name("cut off")
    await wire.lead(ann.page)
    await ann.join_as_guest(chat.name("ann"))
    await bob.join_as_guest(chat.name("bob"))
    wire.lose_next_answer()
    await ann.say(words)
    await bob.finds(words)
    await wire.is_opened_again()
    await ann.is_connected()
    await expect(ann.page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    await ann.finds(words)
    await expect(ann.page.get_by_text("Not sent.")).to_have_count(0)
    await bob.finds(words)


async def test_what_waits_to_be_sent_outlives_a_reload(chat: Chat, windows: list[Window]) -> None:
    """Who writes without a connection, and then loads the page anew, has lost nothing."""
    ann, bob = windows
    wire, words = Wire(), chat.name("written in the tunnel")
    await wire.lead(ann.page)
    await ann.join_as_guest(chat.name("ann"))
    await bob.join_as_guest(chat.name("bob"))
    await wire.go_down()
    await ann.say(words)
    await ann.page.reload()
    await expect(ann.page.get_by_role("heading", name="The chat cannot be reached")).to_be_visible()
    wire.come_up()
    await ann.page.get_by_role("button", name="Try now").click()
    await ann.is_connected()
    for window in windows:
        await window.finds(words)


async def test_words_do_not_wait_for_a_large_file(chat: Chat, windows: list[Window]) -> None:
    """On a slow line a file takes its time; what is written meanwhile is there at once."""
    ann, bob = windows
    words, may_arrive = chat.name("look at this"), asyncio.Event()

    async def take_time(route: Route) -> None:
        if "multipart/form-data" in route.request.headers.get("content-type", ""):
            await may_arrive.wait()
        await route.continue_()

    await ann.page.route("**/*", take_time)
    await ann.join_as_guest(chat.name("ann"))
    await bob.join_as_guest(chat.name("bob"))
    file = f"{chat.name('plan')}.txt"
    await ann.attach(file, "text/plain", b"x" * 100_000)
    await ann.say(words)
    await bob.finds(words)
    may_arrive.set()
    await expect(bob.page.get_by_role("button", name=f"Save {file}")).to_be_visible()


async def test_what_is_read_in_one_tab_is_read_in_the_other(chat: Chat, windows: list[Window]) -> None:
    """Two tabs of one user: neither counts as unread what the other has shown."""
    desk, _ = windows
    name, room = chat.name("ann"), chat.name("Tea")
    await desk.join_as_guest(name)
    link = await desk.create_room(room)
    (bob,) = await chat.join(link.rpartition("/")[2], "bob")
    await bob.ask("joinRoom", "joinRequested", roomId=bob.room)
    await desk.approve(bob.username)
    await desk.go_to("Lobby")
    other = Window(await desk.page.context.new_page())
    await other.page.goto(link.partition("#")[0])
    await other.join_as_guest(name)
    await bob.say("psst")
    for tab in (desk, other):
        await expect(tab.room_link(room)).to_contain_text("1 unread message")
    await desk.go_to(room)
    await expect(other.room_link(room)).not_to_contain_text("unread")
