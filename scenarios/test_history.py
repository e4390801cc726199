"""History: what was said is there to be read."""

from __future__ import annotations

import pytest

from scenarios.client import ChatClient
from scenarios.protocol import Frame
from scenarios.story import Chat

FIRST_ULID = "0" * 26


async def test_what_is_acknowledged_is_there_at_once(chat: Chat) -> None:
    """No message that was answered `sent` is missing from the very next page: reads are consistent."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    for number in range(5):
        sent = await ann.say(f"number {number}")
        page = await bob.history(limit=100)
        assert sent["messageId"] in ids(page)


async def test_history_and_pushes_agree(chat: Chat) -> None:
    """A message in the history is what was pushed, word for word, so that a client can merge the two by id."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    sent = await ann.say("said once", clientId="c-1")
    pushed = await bob.expect("message", messageId=sent["messageId"])
    del pushed["type"]
    page = await bob.history(limit=100)
    assert [message for message in page["messages"] if message["messageId"] == sent["messageId"]] == [pushed]


async def test_paging_back_shows_everything_once(chat: Chat) -> None:
    """From page to page by `nextBefore`, every message comes once, and each page has its messages oldest first."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    said = [(await ann.say(f"page {number}"))["messageId"] for number in range(7)]
    pages = await read_back(bob, until=said[0], limit=3)
    everything = [message_id for page in reversed(pages) for message_id in ids(page)]
    assert [message_id for message_id in everything if message_id in said] == said
    assert everything == sorted(set(everything))


async def test_a_page_holds_what_was_asked_for(chat: Chat) -> None:
    """`limit` is kept; without one there are 50."""
    (ann,) = await chat.join("lobby", "ann")
    for number in range(51):
        await ann.say(f"filling {number}")
    assert len((await ann.history(limit=3))["messages"]) == 3
    page = await ann.history()
    assert len(page["messages"]) == 50
    assert page["roomId"] == "lobby"


async def test_a_page_fits_into_one_frame(chat: Chat) -> None:
    """API Gateway carries 128 KB: where longer messages would not fit, a page holds fewer, and leads on to the rest."""
    (ann,) = await chat.join("lobby", "ann")
    ann.room = (await ann.ask("createRoom", "room", name="Novels"))["roomId"]
    written = await chat.say_long_ago(ann.room, [(ann.username, "🎂" * 4000)] * 12)
    pages = await read_back(ann, until=written[0], limit=12)
    assert [message_id for page in reversed(pages) for message_id in ids(page)] == written
    assert len(pages) > 1


async def test_before_is_left_out(chat: Chat) -> None:
    """`before` names the oldest message that the client has; it is not sent again."""
    (ann,) = await chat.join("lobby", "ann")
    first, second = await ann.say("first"), await ann.say("second")
    page = await ann.history(before=second["messageId"], limit=100)
    assert first["messageId"] in ids(page)
    assert max(ids(page)) < second["messageId"]


async def test_the_beginning_has_no_next_page(chat: Chat) -> None:
    """Where nothing older exists there is no `nextBefore`, which is how a client knows that it has everything."""
    (ann,) = await chat.join("lobby", "ann")
    page = await ann.history(before=FIRST_ULID)
    assert page["messages"] == []
    assert "nextBefore" not in page


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": 101}, {"limit": "10"}, {"limit": 1.5}, {"before": "yesterday"}, {"before": 7}]
)
async def test_a_page_that_cannot_be(chat: Chat, wrong: dict[str, object]) -> None:
    """Limits outside 1-100 and what is no message id are refused, not guessed at."""
    (ann,) = await chat.join("lobby", "ann")
    answer = await ann.request("getMessages", roomId="lobby", **wrong)
    assert (answer["type"], answer["code"]) == ("error", "BadRequest")


async def read_back(reader: ChatClient, *, until: str, limit: int) -> list[Frame]:
    """Pages from the newest back to the one with the message `until`."""
    pages = [await reader.history(limit=limit)]
    while until not in ids(pages[-1]):
        pages.append(await reader.history(before=pages[-1]["nextBefore"], limit=limit))
    assert all(len(page["messages"]) <= limit for page in pages)
    return pages


def ids(page: Frame) -> list[str]:
    return [message["messageId"] for message in page["messages"]]
