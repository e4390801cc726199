"""The site when the connection is lost."""

from __future__ import annotations

from typing import Any

from scenarios.browser import Cut, Window
from scenarios.story import Chat


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
