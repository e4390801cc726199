"""Search in a room's history."""

from __future__ import annotations

import pytest

from scenarios.client import ChatClient
from scenarios.rooms import let_in, open_room
from scenarios.story import Chat


async def found(reader: ChatClient, query: str, **more: object) -> list[str]:
    """The texts of what is found, in the order shown."""
    answer = await reader.ask("searchMessages", "found", roomId=reader.room, query=query, **more)
    return [message["text"] for message in answer["messages"]]


async def test_words_are_found_however_they_are_written(chat: Chat) -> None:
    """Without regard to case, width and composition; in the order in which they were said."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    for text in ("Milk first", "sugar?", "no MILK at all", "ｍｉｌｋ tea", "café", "Straße"):
        await ann.say(text)
    assert await found(ann, "milk") == ["Milk first", "no MILK at all", "ｍｉｌｋ tea"]
    assert await found(ann, "CAFE\u0301") == ["café"]
    assert await found(ann, "STRASSE") == ["Straße"]
    assert await found(ann, "k f") == ["Milk first"]
    assert await found(ann, "coffee") == []


async def test_what_is_found_is_what_the_history_has(chat: Chat) -> None:
    """The messages look alike, and an edited one is found by its new words only."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    await open_room(ann)
    await let_in(ann, bob)
    sent = await ann.say("the old words", clientId="c1")
    await ann.ask("editMessage", "edited", roomId=ann.room, messageId=sent["messageId"], text="the new words")
    answer = await bob.ask("searchMessages", "found", roomId=ann.room, query="new")
    assert answer["messages"] == (await bob.history())["messages"]
    assert await found(bob, "old") == []
    await ann.ask("deleteMessage", "deleted", roomId=ann.room, messageId=sent["messageId"])
    assert await found(bob, "new") == []


async def test_paging_finds_everything_once(chat: Chat) -> None:
    """The newest matches come first; `nextBefore` leads to the older ones, and to an end."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    for number in range(7):
        await ann.say(f"match {number}")
        await ann.say(f"other {number}")
    pages, before = list[list[str]](), None
    while True:
        answer = await ann.ask("searchMessages", "found", roomId=ann.room, query="match", limit=3, before=before)
        pages.append([message["text"] for message in answer["messages"]])
        if (before := answer.get("nextBefore")) is None:
            break
    everything = [text for page in reversed(pages) for text in page]
    assert everything == [f"match {number}" for number in range(7)]
    assert len(pages[0]) == 3


async def test_one_request_looks_so_far_back_and_says_so(chat: Chat) -> None:
    """After 2,000 messages it answers with what it has, maybe nothing, and where to go on."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    await chat.say_long_ago(ann.room, [(ann.username, "needle"), *[(ann.username, "hay")] * 2000])
    first = await ann.ask("searchMessages", "found", roomId=ann.room, query="needle")
    assert first["messages"] == []
    second = await ann.ask("searchMessages", "found", roomId=ann.room, query="needle", before=first["nextBefore"])
    assert [message["text"] for message in second["messages"]] == ["needle"]
    assert "nextBefore" not in second


async def test_nobody_finds_what_is_said_elsewhere(chat: Chat) -> None:
    """A search is of one room, and for who is in it."""
    ann, eve = await chat.join("lobby", "ann", "eve")
    room = await open_room(ann)
    await ann.say("the secret")
    await ann.ask("sendMessage", "sent", roomId=f"@{eve.username}", text="another secret")
    assert (await eve.request("searchMessages", roomId=room, query="secret"))["code"] == "NotAMember"
    await open_room(eve, "Mine")
    assert await found(eve, "secret") == []
    eve.room = f"@{ann.username}"
    assert await found(eve, "secret") == ["another secret"]


@pytest.mark.parametrize(
    "query", ["%", "_", "*", ".*", "' OR '1'='1", ":room", "#text", "attribute_exists(text)", "\\"]
)
async def test_a_query_is_only_a_text(chat: Chat, query: str) -> None:
    """What looks like an expression, a pattern or SQL finds what has those very characters, and nothing else."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    await ann.say("innocent")
    await ann.say(f"say {query} and be quiet")
    assert await found(ann, query) == [f"say {query} and be quiet"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "BadRequest"),
        ({"query": ""}, "BadRequest"),
        ({"query": 7}, "BadRequest"),
        ({"query": "x" * 101}, "TooLong"),
        ({"query": "x", "limit": 101}, "BadRequest"),
        ({"query": "x", "before": "yesterday"}, "BadRequest"),
        ({"query": "x", "roomId": "no-such-room"}, "RoomNotFound"),
        ({"query": "\ud800"}, "BadRequest"),
    ],
)
async def test_a_bad_search_is_refused(chat: Chat, fields: dict[str, object], code: str) -> None:
    """With the code that says why."""
    (ann,) = await chat.join("lobby", "ann")
    assert (await ann.request("searchMessages", **{"roomId": "lobby", **fields}))["code"] == code
