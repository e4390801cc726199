"""Requests that are not as they should be: each is answered, and the connection lives on where AWS lets it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scenarios.protocol import MAX_TEXT_CHARS
from scenarios.story import Chat

FRAME_BYTES = 32 * 1024
MESSAGE_BYTES = 128 * 1024


async def test_an_unknown_action(chat: Chat) -> None:
    """What matches no route goes to `$default`, which says so and gives the request its id back."""
    (ann,) = await chat.join("lobby", "ann")
    answer = await ann.request("dance", tempo="allegro")
    assert (answer["type"], answer["code"]) == ("error", "UnknownAction")
    await ann.ask("ping", "pong")


@pytest.mark.parametrize("action", ["$connect", "$disconnect", "$default", ""])
async def test_reserved_routes_cannot_be_called(chat: Chat, action: str) -> None:
    """A frame cannot pose as a connection's coming or going: to name those routes is an unknown action."""
    (ann,) = await chat.join("lobby", "ann")
    assert (await ann.request(action))["code"] == "UnknownAction"
    assert len(await chat.rows(ann.username)) == 1


@pytest.mark.parametrize(
    "content", ["hello?", "[1, 2]", '"sendMessage"', '{"action": "sendMessage"', "null", "[" * 5000]
)
async def test_a_message_that_is_no_json_object(chat: Chat, content: str) -> None:
    """A frame without a request in it is answered too, without an id because it has none."""
    (ann,) = await chat.join("lobby", "ann")
    await ann.send(content)
    answer = await ann.expect("error")
    assert answer["code"] == "BadRequest"
    assert "requestId" not in answer
    await ann.ask("ping", "pong")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": "x" * (MAX_TEXT_CHARS + 1)}, "TooLong"),
        ({"text": "hello", "clientId": "c" * 65}, "TooLong"),
        ({"text": "hello", "roomId": "r" * 65}, "TooLong"),
        ({"text": ""}, "BadRequest"),
        ({}, "BadRequest"),
        ({"text": 7}, "BadRequest"),
        ({"text": ["hello"]}, "BadRequest"),
        ({"text": "\ud800"}, "BadRequest"),
        ({"text": "hello", "clientId": 7}, "BadRequest"),
        ({"text": "hello", "roomId": 7}, "BadRequest"),
        ({"text": "hello", "roomId": "no-such-room"}, "RoomNotFound"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_message_that_cannot_be(chat: Chat, fields: dict[str, Any], code: str) -> None:
    """A message with a field too long, missing or of the wrong kind is refused, and nobody hears of it."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    answer = await ann.request("sendMessage", **fields)
    assert (answer["type"], answer["code"]) == ("error", code)
    sent = await ann.say("a good one")
    assert (await bob.expect("message", username=ann.username))["messageId"] == sent["messageId"]


async def test_an_answer_bears_its_requests_id(chat: Chat) -> None:
    """Answers may overtake each other; by `requestId` each finds its question. Without one there is none."""
    (ann,) = await chat.join("lobby", "ann")
    for request_id in ("one", "two"):
        await ann.send(json.dumps({"action": "ping", "requestId": request_id}))
    await ann.expect("pong", requestId="two")
    await ann.expect("pong", requestId="one")
    await ann.send('{"action": "ping"}')
    assert "requestId" not in await ann.expect("pong")


@pytest.mark.parametrize(("request_id", "code"), [("r" * 65, "TooLong"), (7, "BadRequest"), ({}, "BadRequest")])
async def test_a_bad_request_id(chat: Chat, request_id: object, code: str) -> None:
    """An id that cannot be given back is refused."""
    (ann,) = await chat.join("lobby", "ann")
    await ann.send(json.dumps({"action": "ping", "requestId": request_id}))
    answer = await ann.expect("error")
    assert answer["code"] == code
    assert "requestId" not in answer


async def test_a_message_in_several_frames(chat: Chat) -> None:
    """A message may come in frames; up to 128 KB in all are one request.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
    """
    (ann,) = await chat.join("lobby", "ann")
    request = json.dumps({"action": "ping", "requestId": "big", "padding": ""})
    await ann.send(in_frames(request[:-2] + "x" * (MESSAGE_BYTES - len(request)) + '"}'))
    await ann.expect("pong", requestId="big")


async def test_a_frame_too_big_ends_the_connection(chat: Chat) -> None:
    """More than 32 KB in one frame: API Gateway closes with 1009, and the chat forgets the connection."""
    (ann,) = await chat.join("lobby", "ann")
    await ann.send("x" * (FRAME_BYTES + 1))
    assert await ann.until_closed() == 1009
    await chat.until_forgotten(ann)


async def test_a_message_too_big_ends_the_connection(chat: Chat) -> None:
    """More than 128 KB in small frames: 1009 as well."""
    (ann,) = await chat.join("lobby", "ann")
    await ann.send(in_frames("x" * (MESSAGE_BYTES + 1)))
    assert await ann.until_closed() == 1009


async def test_a_binary_message_ends_the_connection(chat: Chat) -> None:
    """API Gateway takes no binary messages: 1003.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
    """
    (ann,) = await chat.join("lobby", "ann")
    await ann.send(b'{"action": "ping"}')
    assert await ann.until_closed() == 1003


def in_frames(text: str) -> list[str]:
    """Cut into pieces that each fit a frame."""
    return [text[start : start + FRAME_BYTES] for start in range(0, len(text), FRAME_BYTES)]
