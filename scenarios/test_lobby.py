"""The lobby: who says something, and who hears it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from cloudrig.pytest_plugin import Clients
from scenarios.client import ChatClient
from scenarios.protocol import MAX_TEXT_CHARS, Frame
from scenarios.story import Chat

HOSTILE = [
    "<script>alert(1)</script>",
    '"}, {"injected": true',
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "line\nbreak\ttab\0nul",
    "‮right to left, 👩‍👩‍👧 and \u2028 separators",
]


async def test_everybody_hears_a_message(chat: Chat) -> None:
    """A message reaches all in the lobby, the sender too, once, with who said it and when."""
    people = ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    began = time.time() * 1000
    sent = await ann.say("hello everybody")
    for person in people:
        heard = await person.expect("message", messageId=sent["messageId"])
        assert heard == {
            "type": "message",
            "roomId": "lobby",
            "messageId": sent["messageId"],
            "username": ann.username,
            "text": "hello everybody",
            "sentAt": sent["sentAt"],
        }
    assert abs(sent["sentAt"] - began) < 60_000  # two clocks
    await bob.say("hello ann")
    for person in people:
        await person.expect("message", username=bob.username, text="hello ann")
        assert not person.arrived("message", messageId=sent["messageId"])
    assert eve.username != bob.username


async def test_the_sender_knows_its_own_message_again(chat: Chat) -> None:
    """`clientId` comes back with the push: the sender's window shows a message before it is acknowledged, and must
    find it again.
    """
    ann, bob = await chat.join("lobby", "ann", "bob")
    await ann.say("mine", clientId="window-1:7")
    for person in (ann, bob):
        await person.expect("message", text="mine", username=ann.username, clientId="window-1:7")


async def test_all_windows_of_one_user_hear(chat: Chat) -> None:
    """A user may be connected more than once; each connection is served."""
    account = await chat.account("ann")
    desk, phone = await chat.enter(account), await chat.enter(account)
    await desk.say("from the desk")
    await phone.expect("message", username=account.username, text="from the desk")


async def test_messages_of_one_sender_keep_their_order(chat: Chat) -> None:
    """What one connection says, one after the other acknowledged, arrives in that order."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    said = [(await ann.say(f"number {number}"))["messageId"] for number in range(10)]
    heard = [(await bob.expect("message", username=ann.username))["messageId"] for _ in said]
    assert heard == said == sorted(said)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_text_arrives_as_it_was_written(chat: Chat, text: str) -> None:
    """Nothing is interpreted, escaped or cut on the way: what looks like code is text."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    sent = await ann.say(text)
    assert (await bob.expect("message", messageId=sent["messageId"]))["text"] == text


async def test_nobody_speaks_for_another(chat: Chat) -> None:
    """Who speaks is told by the connection; what the request says about it is ignored."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    sent = await ann.say("I am bob", username=bob.username, messageId="7" * 26, sentAt=0)
    heard = await bob.expect("message", text="I am bob", username=ann.username)
    assert (heard["messageId"], heard["sentAt"]) == (sent["messageId"], sent["sentAt"])
    assert sent["messageId"] != "7" * 26
    assert sent["sentAt"] > 0


async def test_both_spellings_of_the_action(chat: Chat) -> None:
    """`sendmessage` is the spelling of AWS's first sample, and of everything copied from it."""
    (ann,) = await chat.join("lobby", "ann")
    await ann.ask("sendmessage", "sent", text="in lower case")
    await ann.expect("message", username=ann.username, text="in lower case")


async def test_the_longest_text(chat: Chat) -> None:
    """4,000 characters are a message, however many bytes they take."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    text = "🙂" * MAX_TEXT_CHARS
    await ann.send(json.dumps({"action": "sendMessage", "roomId": "lobby", "text": text}, ensure_ascii=False))
    assert (await bob.expect("message", username=ann.username))["text"] == text


async def test_typing_is_told_to_the_others(chat: Chat) -> None:
    """The others see who is typing; the typist does not, in any window."""
    account = await chat.account("ann")
    ann, phone = await chat.enter(account), await chat.enter(account)
    (bob,) = await chat.join("lobby", "bob")
    await ann.ask("typing", "ok", roomId="lobby")
    assert await bob.expect("typing", username=ann.username) == {
        "type": "typing",
        "roomId": "lobby",
        "username": ann.username,
    }
    sent = await ann.say("done typing")
    for window in (ann, phone):
        await window.expect("message", messageId=sent["messageId"])
        assert not window.arrived("typing", username=ann.username)


async def test_ping_is_answered_with_the_time(chat: Chat) -> None:
    """The heartbeat that keeps a connection from being closed for idleness."""
    (ann,) = await chat.join("lobby", "ann")
    pong = await ann.ask("ping", "pong")
    assert abs(pong["serverTime"] - time.time() * 1000) < 60_000  # two clocks


async def test_a_user_cannot_flood_the_lobby(chat: Chat, aws: Clients, outputs: dict[str, Any]) -> None:
    """A user's messages beyond the limit of a ten-second window are refused, whichever connection they come over;
    everybody else goes on.
    """
    limit = _rate_limit(aws, outputs)
    account = await chat.account("ann")
    windows = [await chat.enter(account), await chat.enter(account)]
    (bob,) = await chat.join("lobby", "bob")

    async def flood(window: ChatClient, numbers: range) -> list[str]:
        requests = (window.request("sendMessage", roomId="lobby", text=f"flood {number}") for number in numbers)
        return [_outcome(await request) for request in requests]

    # Several at a time, so that all of them lie within one window on a slow target too.
    floods = [flood(windows[stream % 2], range(stream, limit + 2, 4)) for stream in range(4)]
    outcomes = [outcome for part in await asyncio.gather(*floods) for outcome in part]
    assert sorted(outcomes) == ["RateLimited"] * 2 + ["sent"] * limit
    await bob.say("meanwhile")


def _outcome(answer: Frame) -> str:
    return str(answer.get("code", answer["type"]))


def _rate_limit(aws: Clients, outputs: dict[str, Any]) -> int:
    function = aws("lambda").get_function_configuration(FunctionName=outputs["functions"]["send-message"])
    limit = int(function["Environment"]["Variables"]["RATE_LIMIT"])
    if limit == 0:
        pytest.skip("this stack is deployed without a rate limit")
    return limit


async def test_a_batch_that_is_handed_in_twice_is_the_same_message(
    chat: Chat, aws: Clients, outputs: dict[str, Any]
) -> None:
    """A stream delivers at least once: whoever gets a message again knows it by its id, and it says the same."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    sent = await ann.say("once more")
    first = await bob.expect("message", messageId=sent["messageId"])
    image = await chat.stored({"roomId": "lobby", "messageId": sent["messageId"]})
    record = {"eventName": "INSERT", "dynamodb": {"NewImage": image, "SequenceNumber": "1"}}
    for _ in range(2):
        payload = json.dumps({"Records": [record]})
        answer = await asyncio.to_thread(
            aws("lambda").invoke, FunctionName=outputs["functions"]["fan-out"], Payload=payload
        )
        assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}
        assert await bob.expect("message", messageId=sent["messageId"]) == first
    history = (await bob.history(limit=100))["messages"]
    assert [each["messageId"] for each in history].count(sent["messageId"]) == 1


async def test_a_room_larger_than_a_page_is_read_to_its_end(chat: Chat) -> None:
    """A query answers 1 MB at most: who stands on the second page hears the message too. Here the first is full of
    rows of long ago, which count as absent.
    """
    ann, bob = await chat.join("lobby", "ann", "bob")
    ann.room = bob.room = (await ann.ask("createRoom", "room", name="Full"))["roomId"]
    await bob.ask("joinRoom", "joinRequested", roomId=ann.room)
    await ann.ask("joinRoom", "joinDecided", roomId=ann.room, username=bob.username, decision="approve")
    await chat.crowd(ann.room, rows=8, row_bytes=300_000)
    sent = await ann.say("can you hear me back there?")
    for person in (ann, bob):
        await person.expect("message", messageId=sent["messageId"], roomId=ann.room)
