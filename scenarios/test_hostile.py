"""People who try things: what they send changes nothing that is not theirs to change."""

from __future__ import annotations

import json

import pytest

from scenarios.client import ChatClient
from scenarios.protocol import Frame
from scenarios.rooms import let_in, members, open_room, rooms_of
from scenarios.story import Chat

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "'; DROP TABLE Messages; --",
    "attribute_exists(roomId) OR :room = :room",
    '{"S": "lobby"}',
    "../../lobby",
    "${table.Users.name}",
    "\u202egnp.exe\u2066",
    "lobby\u0000",
]
ROOM_ACTIONS: dict[str, Frame] = {
    "sendMessage": {"text": "x"},
    "sendFile": {"fileId": f"{'0' * 26}.png", "name": "x"},
    "getMessages": {},
    "searchMessages": {"query": "x"},
    "editMessage": {"messageId": "0" * 26, "text": "x"},
    "deleteMessage": {"messageId": "0" * 26},
    "react": {"messageId": "0" * 26, "emoji": "👍"},
    "getFile": {"messageId": "0" * 26},
    "getMembers": {},
    "typing": {},
    "joinRoom": {},
    "leaveRoom": {},
}


async def everything(viewer: ChatClient, room: str) -> tuple[object, ...]:
    """What there is to see of a room, and of the viewer's rooms."""
    page = await viewer.ask("getMessages", "messages", roomId=room)
    return await members(viewer, room), page["messages"], set(await rooms_of(viewer))


@pytest.mark.parametrize("text", HOSTILE)
async def test_markup_and_expressions_are_only_text(chat: Chat, text: str) -> None:
    """In every field that takes text, it comes back as it was given, to others too: as a JSON string, nothing else."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    await open_room(ann, text)
    assert (await rooms_of(ann))[ann.room]["name"] == text
    await let_in(ann, bob)
    answer = await ann.request("sendMessage", roomId=ann.room, text=text, clientId=text)
    pushed = await bob.expect("message", messageId=answer["messageId"])
    assert (pushed["text"], pushed["clientId"]) == (text, text)
    where = {"roomId": ann.room, "messageId": answer["messageId"]}
    await ann.ask("editMessage", "edited", **where, text=f"{text}!")
    assert (await bob.expect("messageChanged", messageId=answer["messageId"]))["text"] == f"{text}!"
    found = await bob.ask("searchMessages", "found", roomId=ann.room, query=text)
    assert [message["text"] for message in found["messages"]] == [f"{text}!"]
    await ann.send(json.dumps({"action": "ping", "requestId": text}))
    assert (await ann.expect("pong"))["requestId"] == text


@pytest.mark.parametrize(
    "room_id", [*HOSTILE, "#user#ann", "#sends#ann", "#direct#ann#bob", "#room", "LOBBY", "lobby "]
)
async def test_a_room_of_any_such_name_is_none(chat: Chat, room_id: str) -> None:
    """No action finds anything there: the name is a key, compared as a whole, and part of no expression."""
    (ann,) = await chat.join("lobby", "ann")
    for action, fields in ROOM_ACTIONS.items():
        answer = await ann.request(action, roomId=room_id, **fields)
        assert answer["code"] == "RoomNotFound", action
    assert set(await rooms_of(ann)) == {"lobby"}


async def test_what_a_request_says_about_its_sender_is_ignored(chat: Chat) -> None:
    """Whoever asks is told by the connection: fields that name somebody else, a role, a time or a key do nothing."""
    ann, eve = await chat.join("lobby", "ann", "eve")
    room = await open_room(ann)
    await ann.say("mine")
    before = await everything(ann, room)
    (mine,) = [each for each in (await ann.history())["messages"] if each["text"] == "mine"]
    claims = {
        "username": ann.username,
        "userId": ann.username,
        "connectionId": (await chat.row(ann))["connectionId"]["S"],
        "role": "admin",
        "status": "approved",
        "isAdmin": True,
        "requestContext": {"connectionId": "x", "authorizer": {"principalId": ann.username}},
        "key": room,
        "revision": 0,
        "sentAt": 1,
    }
    for action, fields in ROOM_ACTIONS.items():
        if action != "joinRoom":  # there a user name means a decision
            answer = await eve.request(action, **{**claims, **fields, "roomId": room, "messageId": mine["messageId"]})
            assert answer["code"] == "NotAMember", action
    assert await everything(ann, room) == before
    sent = await eve.ask("sendMessage", "sent", **{**claims, "roomId": "lobby", "text": "me", "messageId": "0" * 26})
    heard = await ann.expect("message", messageId=sent["messageId"])
    assert (heard["username"], heard["sentAt"]) == (eve.username, sent["sentAt"])
    assert heard.keys() == {"type", "roomId", "messageId", "username", "text", "sentAt"}


@pytest.mark.parametrize(
    "content",
    [
        '{"action": "sendMessage", "text": "x", "roomId": ' + "[" * 9000 + "]" * 9000 + "}",
        '{"action": "sendMessage", "text": ' + "9" * 9000 + "}",
        '{"action": "sendMessage", "text": 1e999, "roomId": NaN}',
        '{"action": "sendMessage", "text": {"$ne": null}}',
        '{"action": "sendMessage", "text": ["x"], "roomId": {"S": "lobby"}}',
        '{"action": "sendMessage", "text": "\\ud800", "clientId": "\\udfff"}',
        '{"action": "sendMessage", "text": "x", "__proto__": {"roomId": "lobby"}, "roomId": null}',
        '{"action": "sendMessage", "text": "x", "requestId": {"toString": "x"}}',
    ],
    ids=["deep", "long number", "no number", "operator", "lists", "half characters", "prototype", "object as id"],
)
async def test_a_malformed_message_is_refused_and_the_connection_goes_on(chat: Chat, content: str) -> None:
    """It is answered `BadRequest`; nothing is sent, and the next request is answered as ever."""
    (ann,) = await chat.join("lobby", "ann")
    await ann.send(content)
    assert (await ann.expect("error"))["code"] == "BadRequest"
    await ann.ask("ping", "pong")
    assert not ann.arrived("message", username=ann.username)


async def test_the_last_of_two_fields_of_one_name_counts(chat: Chat) -> None:
    """For the route as for the function: nobody gets one action past the other's check."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(bob)
    await ann.send(f'{{"action": "ping", "action": "sendMessage", "roomId": "lobby", "roomId": "{room}", "text": "x"}}')
    assert (await ann.expect("error"))["code"] == "NotAMember"
