import json
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from tests.fakes import FakeCallbackApi
from tests.handlers.conftest import Ask, Enter, Tables


@pytest.fixture
def tea(ask: Ask, enter: Enter) -> str:
    """The id of Ann's room, with bob and eve in it (in this order); bob has two windows."""
    for connection_id, username in (("a1", "ann"), ("b1", "bob"), ("b2", "bob"), ("e1", "~eve"), ("j1", "joe")):
        enter(connection_id, username)
    room_id: str = ask("create_room", "a1", name="Tea")["roomId"]
    for connection_id, username in (("b1", "bob"), ("e1", "~eve")):
        ask("join_room", connection_id, roomId=room_id)
        ask("join_room", "a1", roomId=room_id, username=username, decision="approve")
    return room_id


def pushed(callbacks: FakeCallbackApi, connection_id: str) -> list[dict[str, Any]]:
    return [json.loads(body) for body in callbacks.bodies(connection_id)]


def test_a_member_leaves_with_all_windows_and_the_room_hears(ask: Ask, tea: str, callbacks: FakeCallbackApi) -> None:
    callbacks.answered.clear()
    assert ask("leave_room", "b1", roomId=tea, requestId="r1") == {"type": "left", "roomId": tea, "requestId": "r1"}
    left = {"type": "member", "roomId": tea, "username": "bob", "change": "left"}
    for listener in ("a1", "e1", "b2"):
        assert pushed(callbacks, listener) == [left]
    assert pushed(callbacks, "b1") == pushed(callbacks, "j1") == []
    for window in ("b1", "b2"):
        for action in ("send_message", "get_messages", "typing", "get_members"):
            assert ask(action, window, roomId=tea, text="x")["code"] == "NotAMember"


def test_the_last_admin_hands_over_to_the_longest_standing_member(
    ask: Ask, tea: str, callbacks: FakeCallbackApi
) -> None:
    callbacks.answered.clear()
    ask("leave_room", "a1", roomId=tea)
    for listener in ("b1", "b2", "e1"):
        assert pushed(callbacks, listener) == [
            {"type": "member", "roomId": tea, "username": "ann", "change": "left"},
            {"type": "member", "roomId": tea, "username": "bob", "change": "admin"},
        ]
    ask("join_room", "j1", roomId=tea)
    assert ask("join_room", "a1", roomId=tea, username="joe", decision="approve")["code"] == "NotAdmin"
    assert ask("join_room", "b2", roomId=tea, username="joe", decision="approve")["decision"] == "approve"


def test_an_empty_room_is_deleted_with_its_requests(
    ask: Ask, tea: str, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    ask("join_room", "j1", roomId=tea)
    for window in ("a1", "b1", "e1"):
        assert ask("leave_room", window, roomId=tea)["type"] == "left"
    assert dynamodb.scan(TableName=tables.rooms)["Count"] == 0
    for action in ("join_room", "leave_room", "get_members", "get_messages"):
        assert ask(action, "j1", roomId=tea)["code"] == "RoomNotFound"
    assert len(ask("list_rooms", "j1")["rooms"]) == 1


def test_a_request_is_taken_back_without_a_word_to_the_room(ask: Ask, tea: str, callbacks: FakeCallbackApi) -> None:
    ask("join_room", "j1", roomId=tea)
    callbacks.answered.clear()
    assert ask("leave_room", "j1", roomId=tea)["type"] == "left"
    assert callbacks.answered == []
    assert ask("join_room", "a1", roomId=tea, username="joe", decision="approve")["code"] == "NotAMember"


def test_leaving_again_removes_rows_that_were_left_behind(ask: Ask, tea: str, enter: Enter) -> None:
    """A function that ended between the two leaves a connection in a room that its user has left."""
    ask("leave_room", "b1", roomId=tea)
    enter("b2", "bob", tea)
    assert ask("send_message", "b2", roomId=tea, text="x")["type"] == "sent"
    assert ask("leave_room", "b1", roomId=tea)["code"] == "NotAMember"
    assert ask("send_message", "b2", roomId=tea, text="x")["code"] == "NotAMember"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "BadRequest"),
        ({"roomId": "lobby"}, "BadRequest"),
        ({"roomId": "no-such-room"}, "RoomNotFound"),
        ({"roomId": "#user#ann"}, "RoomNotFound"),
        ({"roomId": "r" * 65}, "TooLong"),
    ],
)
def test_what_cannot_be_left(ask: Ask, tea: str, fields: dict[str, object], code: str) -> None:
    assert ask("leave_room", "b1", **fields)["code"] == code
    assert ask("send_message", "b1", text="still in the lobby")["type"] == "sent"


def test_nobody_leaves_for_another(ask: Ask, tea: str) -> None:
    """Whose membership ends is told by the connection."""
    assert ask("leave_room", "j1", roomId=tea, username="bob")["code"] == "NotAMember"
    assert ask("leave_room", "stranger", roomId=tea, username="bob")["code"] == "NotAMember"
    assert ask("send_message", "b1", roomId=tea, text="x")["type"] == "sent"
