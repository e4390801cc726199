"""Fan-out without the stream: the same chat deployed once more, beside the session's, with `FANOUT=direct`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cloudrig.pytest_plugin import Clients
from cloudrig.targets import Target
from scenarios.client import Refused
from scenarios.stacks import stack
from scenarios.story import Chat

pytestmark = pytest.mark.xdist_group("direct")  # with --dist loadgroup one worker deploys it


@pytest.fixture(scope="module")
async def direct_outputs(target: Target) -> AsyncIterator[dict[str, Any]]:
    async with stack(target, FANOUT="direct", PRESENCE="off") as outputs:
        yield outputs


@pytest.fixture
async def chat(direct_outputs: dict[str, Any], aws: Clients) -> AsyncIterator[Chat]:
    async with Chat(direct_outputs, aws) as chat:
        yield chat


async def test_everybody_hears_a_message_once(chat: Chat) -> None:
    """The function that stores a message pushes it, in the same form, and nothing pushes it a second time."""
    people = ann, bob, _ = await chat.join("lobby", "ann", "bob", "eve")
    sent = await ann.say("hello everybody", clientId="c1")
    for person in people:
        heard = await person.expect("message", messageId=sent["messageId"])
        assert (heard["username"], heard["text"], heard["clientId"]) == (ann.username, "hello everybody", "c1")
    await bob.say("hello ann")
    for person in people:
        await person.expect("message", username=bob.username, text="hello ann")
        assert not person.arrived("message", messageId=sent["messageId"])
    assert (await ann.history())["messages"][-2]["messageId"] == sent["messageId"]


async def test_messages_of_one_sender_keep_their_order(chat: Chat) -> None:
    """What one connection says, one after the other acknowledged, arrives in that order."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    said = [(await ann.say(f"number {number}"))["messageId"] for number in range(10)]
    assert [(await bob.expect("message", username=ann.username))["messageId"] for _ in said] == said


async def test_a_stale_row_is_removed_and_no_other(chat: Chat) -> None:
    """The same delivery as by the stream: a post that is answered 410 removes that connection."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    row_of_eve, others = await chat.row(eve), [await chat.row(ann), await chat.row(bob)]
    await eve.close()
    await chat.until_forgotten(eve)
    await chat.put_back(row_of_eve)
    sent = await ann.say("is anybody there?")
    await bob.expect("message", messageId=sent["messageId"])
    await chat.until_forgotten(eve)
    assert [await chat.row(ann), await chat.row(bob)] == others


async def test_a_room_hears_what_is_said_there_and_nobody_else_does(chat: Chat) -> None:
    """Direct fan-out reads the same rows of the same room."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    ann.room = bob.room = (await ann.ask("createRoom", "room", name="Tea"))["roomId"]
    await bob.ask("joinRoom", "joinRequested", roomId=ann.room)
    await ann.ask("joinRoom", "joinDecided", roomId=ann.room, username=bob.username, decision="approve")
    sent = await ann.say("between us")
    await bob.expect("message", messageId=sent["messageId"])
    await eve.say("in the lobby")
    await eve.expect("message", text="in the lobby", username=eve.username)
    assert not eve.arrived("message", roomId=ann.room)


async def test_direct_messages_and_changes_are_pushed_too(chat: Chat) -> None:
    """Whatever stores a message, new or changed, tells whoever is to hear of it; a change that is none tells nobody."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    ann.room = f"@{bob.username}"
    sent = await ann.say("helo")
    await bob.expect("message", messageId=sent["messageId"], roomId=f"@{ann.username}")
    where = {"roomId": ann.room, "messageId": sent["messageId"]}
    for text in ("helo", "hello"):
        await ann.ask("editMessage", "edited", **where, text=text)
    changed = await bob.expect("messageChanged", messageId=sent["messageId"])
    assert (changed["text"], changed["revision"]) == ("hello", 1)
    assert not bob.arrived("message", messageId=sent["messageId"])
    await ann.ask("deleteMessage", "deleted", **where)
    assert (await bob.expect("messageChanged", messageId=sent["messageId"], revision=2))["text"] == ""
    await eve.say("in the lobby")
    await eve.expect("message", text="in the lobby", username=eve.username)
    assert not eve.arrived("message", messageId=sent["messageId"])
    assert not eve.arrived("messageChanged", messageId=sent["messageId"])


async def test_a_token_of_another_deployment_opens_nothing(
    chat: Chat, direct_outputs: dict[str, Any], outputs: dict[str, Any], aws: Clients
) -> None:
    """Each has a secret of its own: who has an account of that name here is not let in by the token from there."""
    async with Chat(outputs, aws) as other:
        account = await other.account("ann")
        signed_up = await chat.accounts.sign_up(account.username, account.password)
        assert signed_up.status == 201
        with pytest.raises(Refused) as refused:
            await chat.enter(account)
        assert refused.value.status == 401
        assert (await other.enter(account)).username == account.username
    assert direct_outputs["websocket_url"] != outputs["websocket_url"]


async def test_changes_are_pushed_and_find_who_is_gone(chat: Chat) -> None:
    """An edit, a reaction and a deletion reach the others by the function that stores them, and each removes a row that
    a lost connection left behind.
    """
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    row_of_eve = await chat.row(eve)
    await eve.close()
    await chat.until_forgotten(eve)
    message_id = (await ann.say("helo"))["messageId"]
    changes: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("editMessage", "edited", {"text": "hello"}),
        ("react", "reacted", {"emoji": "❤️"}),
        ("deleteMessage", "deleted", {}),
    )
    for action, answer, more in changes:
        await chat.put_back(row_of_eve)
        await ann.ask(action, answer, roomId="lobby", messageId=message_id, **more)
        await bob.expect("messageChanged", messageId=message_id)
        await chat.until_forgotten(eve)
    private = f"@{bob.username}"
    sent = await ann.ask("sendMessage", "sent", roomId=private, text="between us")
    await ann.ask("react", "reacted", roomId=private, messageId=sent["messageId"], emoji="❤️")
    await bob.expect("messageChanged", messageId=sent["messageId"])
