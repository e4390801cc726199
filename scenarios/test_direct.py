"""Direct messages: two people, and nobody else."""

from __future__ import annotations

import asyncio

import pytest

from scenarios.client import ChatClient
from scenarios.rooms import heard_next, rooms_of
from scenarios.story import Chat

ACTIONS = ("sendMessage", "getMessages", "searchMessages", "typing", "getMembers")


def at(person: ChatClient) -> str:
    """The `roomId` of the direct messages with somebody."""
    return f"@{person.username.lower()}"


async def test_each_sees_the_conversation_under_the_others_name(chat: Chat) -> None:
    """What Ann writes to Bob reaches all windows of both, hers as `@bob` and his as `@ann`, and stands in both
    histories.
    """
    account = await chat.account("Bob")
    desk, phone = await chat.enter(account), await chat.enter(account)
    (ann,) = await chat.join("lobby", "ann")
    sent = await ann.ask("sendMessage", "sent", roomId=at(desk), text="between us", clientId="c1")
    assert sent["roomId"] == at(desk)
    for window, room in ((ann, at(desk)), (desk, at(ann)), (phone, at(ann))):
        message = await window.expect("message", messageId=sent["messageId"])
        assert (message["roomId"], message["username"], message["text"]) == (room, ann.username, "between us")
        page = await window.ask("getMessages", "messages", roomId=room)
        assert page["messages"] == [{name: value for name, value in message.items() if name != "type"}]
    answer = await phone.ask("sendMessage", "sent", roomId=at(ann), text="indeed")
    await ann.expect("message", roomId=at(desk), messageId=answer["messageId"], username=account.username)
    await desk.expect("message", roomId=at(ann), messageId=answer["messageId"])


async def test_both_find_it_in_their_lists(chat: Chat) -> None:
    """From the first message on it stands in `listRooms` of both, once, under the name as the other spells it."""
    ann, bob = await chat.join("lobby", "Ann", "Bob")
    assert at(bob) not in await rooms_of(ann)
    sends = (
        ann.ask("sendMessage", "sent", roomId=at(bob), text="hi"),
        bob.ask("sendMessage", "sent", roomId=at(ann), text="hi"),
    )
    await asyncio.gather(*sends)
    for me, other in ((ann, bob), (bob, ann)):
        shown = {"roomId": at(other), "name": other.username, "role": "member", "status": "approved"}
        assert (await rooms_of(me))[at(other)] == shown
    assert list(await rooms_of(ann)) == ["lobby", at(bob)]


async def test_who_is_offline_reads_it_later(chat: Chat) -> None:
    """An account can be written to that is not connected, and was never."""
    account = await chat.account("bob")
    (ann,) = await chat.join("lobby", "ann")
    sent = await ann.ask("sendMessage", "sent", roomId=f"@{account.username}", text="for later")
    bob = await chat.enter(account)
    assert at(ann) in await rooms_of(bob)
    (message,) = (await bob.ask("getMessages", "messages", roomId=at(ann)))["messages"]
    assert (message["messageId"], message["roomId"]) == (sent["messageId"], at(ann))


async def test_a_name_in_any_case_is_the_same_conversation(chat: Chat) -> None:
    """`@BOB` is `@bob`; answers say it in lower case."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    sent = await ann.ask("sendMessage", "sent", roomId=f"@{bob.username.upper()}", text="hi")
    assert sent["roomId"] == at(bob)
    await bob.expect("message", messageId=sent["messageId"], roomId=at(ann))
    assert len((await ann.ask("getMessages", "messages", roomId=at(bob)))["messages"]) == 1


async def test_typing_is_told_to_the_other(chat: Chat) -> None:
    """Under the typist's name, and to nobody else."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    await ann.ask("typing", "ok", roomId=at(bob))
    typing = await bob.expect("typing", username=ann.username)
    assert typing["roomId"] == at(ann)
    await heard_next(eve, "lobby", ann)
    assert not ann.arrived("typing", username=ann.username)
    assert not eve.arrived("typing", username=ann.username)


async def test_members_are_the_two(chat: Chat) -> None:
    """With who is online."""
    ann, bob = await chat.join("lobby", "ann", "bob")

    async def online() -> dict[str, bool]:
        members = (await ann.ask("getMembers", "members", roomId=at(bob)))["members"]
        return {each["username"].lower(): each["online"] for each in members}

    assert await online() == {ann.username: True, bob.username: True}
    await bob.close()
    await chat.until_forgotten(bob)
    assert await online() == {ann.username: True, bob.username: False}


async def test_nobody_else_can_name_it(chat: Chat) -> None:
    """Whoever asks for `@bob` gets their own conversation with Bob; the key that it is stored under is no room."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    await ann.ask("sendMessage", "sent", roomId=at(bob), text="between us")
    for room in (at(ann), at(bob)):
        assert (await eve.ask("getMessages", "messages", roomId=room))["messages"] == []
    key = f"#direct#{ann.username}#{bob.username}"
    for room in (key, f"{at(ann)}{at(bob)}", f"@{key}", f"@{bob.username}#", f"@{ann.username}#{bob.username}"):
        for person in (ann, eve):
            for action in ACTIONS:
                answer = await person.request(action, roomId=room[:64], text="x", query="us")
                assert answer["code"] == "RoomNotFound", (action, room)
    assert await heard_next(eve, at(ann), eve) == []


@pytest.mark.parametrize("name", ["nobody-is-called-this", "~nobody-is-called-this", "x", "", "a b c", "#room", "@ann"])
async def test_there_is_no_writing_to_nobody(chat: Chat, name: str) -> None:
    """A name that nobody has, or can have."""
    (ann,) = await chat.join("lobby", "ann")
    assert (await ann.request("sendMessage", roomId=f"@{name}", text="hello?"))["code"] == "RoomNotFound"
    assert set(await rooms_of(ann)) == {"lobby"}


async def test_a_guest_is_not_the_account_of_that_name(chat: Chat) -> None:
    """`@~bob` and `@bob` are two conversations."""
    account = await chat.account("bob")
    bob, guest = await chat.enter(account), await chat.connect(guest=account.username)
    (ann,) = await chat.join("lobby", "ann")
    sent = await ann.ask("sendMessage", "sent", roomId=at(bob), text="for the account")
    await bob.expect("message", messageId=sent["messageId"])
    assert (await guest.ask("getMessages", "messages", roomId=at(ann)))["messages"] == []
    assert await heard_next(guest, at(ann), ann) == []


async def test_what_makes_no_sense_there_is_refused(chat: Chat) -> None:
    """Nobody joins, leaves or decides, and nobody writes to themself."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    for action, fields in (
        ("joinRoom", {}),
        ("joinRoom", {"username": bob.username, "decision": "approve"}),
        ("leaveRoom", {}),
    ):
        assert (await ann.request(action, roomId=at(bob), **fields))["code"] == "BadRequest"
    for room in (at(ann), at(ann).upper()):
        assert (await ann.request("sendMessage", roomId=room, text="dear me"))["code"] == "BadRequest"
