import json
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from tests.fakes import FakeCallbackApi
from tests.handlers.conftest import Ask, Enter, Tables


@pytest.fixture
def tea(ask: Ask, enter: Enter) -> str:
    """The id of Ann's room; ann has the connection a1, bob b1 and b2, eve e1."""
    for connection_id, username in (("a1", "ann"), ("b1", "Bob"), ("b2", "bob"), ("e1", "~eve")):
        enter(connection_id, username)
    room_id: str = ask("create_room", "a1", name="Tea")["roomId"]
    return room_id


def pushed(callbacks: FakeCallbackApi, connection_id: str) -> list[dict[str, Any]]:
    return [json.loads(body) for body in callbacks.bodies(connection_id)]


def approve(ask: Ask, room_id: str, username: str, by: str = "a1") -> dict[str, Any]:
    return ask("join_room", by, roomId=room_id, username=username, decision="approve")


def test_asking_is_told_to_the_admins_only(ask: Ask, tea: str, enter: Enter, callbacks: FakeCallbackApi) -> None:
    approve_eve = (ask("join_room", "e1", roomId=tea), approve(ask, tea, "~eve"))
    assert approve_eve[1]["type"] == "joinDecided"
    enter("a2", "ann")
    callbacks.answered.clear()
    assert ask("join_room", "b1", roomId=tea, requestId="r1") == {
        "type": "joinRequested",
        "roomId": tea,
        "requestId": "r1",
    }
    request = {"type": "joinRequest", "roomId": tea, "username": "Bob"}
    assert pushed(callbacks, "a1") == pushed(callbacks, "a2") == [request]
    assert {call.connection_id for call, _ in callbacks.answered} == {"a1", "a2"}


def test_asking_twice_is_told_once(ask: Ask, tea: str, callbacks: FakeCallbackApi) -> None:
    for window in ("b1", "b2"):
        assert ask("join_room", window, roomId=tea)["type"] == "joinRequested"
    assert len(pushed(callbacks, "a1")) == 1


def test_who_is_approved_is_in_with_all_windows_and_everybody_hears(
    ask: Ask, tea: str, callbacks: FakeCallbackApi
) -> None:
    ask("join_room", "b1", roomId=tea)
    callbacks.answered.clear()
    decided = approve(ask, tea, "BOB")
    assert decided == {"type": "joinDecided", "roomId": tea, "username": "Bob", "decision": "approve"}
    joined = {"type": "member", "roomId": tea, "username": "Bob", "change": "joined"}
    for window in ("b1", "b2"):
        assert pushed(callbacks, window) == [
            {"type": "joinDecision", "roomId": tea, "decision": "approve"},
            joined,
        ]
        assert ask("send_message", window, roomId=tea, text="x")["type"] == "sent"
    assert pushed(callbacks, "a1") == [joined]
    assert pushed(callbacks, "e1") == []


def test_who_is_rejected_hears_it_and_nobody_else_does(ask: Ask, tea: str, callbacks: FakeCallbackApi) -> None:
    ask("join_room", "b1", roomId=tea)
    callbacks.answered.clear()
    assert ask("join_room", "a1", roomId=tea, username="bob", decision="reject")["decision"] == "reject"
    for window in ("b1", "b2"):
        assert pushed(callbacks, window) == [{"type": "joinDecision", "roomId": tea, "decision": "reject"}]
        assert ask("send_message", window, roomId=tea, text="x")["code"] == "NotAMember"
    assert pushed(callbacks, "a1") == []


def test_the_second_decision_hears_the_first_and_nobody_hears_twice(
    ask: Ask, tea: str, callbacks: FakeCallbackApi
) -> None:
    ask("join_room", "b1", roomId=tea)
    approve(ask, tea, "bob")
    callbacks.answered.clear()
    assert ask("join_room", "a1", roomId=tea, username="bob", decision="reject")["decision"] == "approve"
    assert callbacks.answered == []
    assert ask("send_message", "b1", roomId=tea, text="x")["type"] == "sent"


def test_who_is_in_is_answered_with_the_room(ask: Ask, tea: str) -> None:
    assert ask("join_room", "a1", roomId=tea) == {"type": "room", "roomId": tea, "name": "Tea", "role": "admin"}
    assert ask("join_room", "b1", roomId="lobby") == {
        "type": "room",
        "roomId": "lobby",
        "name": "Lobby",
        "role": "member",
    }


def test_joining_again_mends_what_was_cut_short(ask: Ask, tea: str, dynamodb: DynamoDBClient, tables: Tables) -> None:
    """A function that ended between the approval and the rows leaves a member whose connections are not in the room."""
    ask("join_room", "b1", roomId=tea)
    approve(ask, tea, "bob")
    for who, decision in (("b2", {}), ("a1", {"username": "bob", "decision": "approve"})):
        for window in ("b1", "b2"):
            dynamodb.delete_item(
                TableName=tables.connections, Key={"roomId": {"S": tea}, "connectionId": {"S": window}}
            )
        assert ask("send_message", "b1", roomId=tea, text="x")["code"] == "NotAMember"
        ask("join_room", who, roomId=tea, **decision)
        for window in ("b1", "b2"):
            assert ask("send_message", window, roomId=tea, text="x")["type"] == "sent"


def test_nobody_approves_who_is_no_admin(ask: Ask, tea: str) -> None:
    """Not the asker, not a stranger, not a member."""
    ask("join_room", "b1", roomId=tea)
    ask("join_room", "e1", roomId=tea)
    assert approve(ask, tea, "bob", by="b2")["code"] == "NotAdmin"
    assert approve(ask, tea, "~eve", by="b1")["code"] == "NotAdmin"
    approve(ask, tea, "~eve")
    assert approve(ask, tea, "bob", by="e1")["code"] == "NotAdmin"
    assert ask("send_message", "b1", roomId=tea, text="x")["code"] == "NotAMember"


def test_a_guest_is_not_the_account_of_that_name(ask: Ask, tea: str, enter: Enter) -> None:
    enter("guest", "~ann")
    ask("join_room", "b1", roomId=tea)
    assert approve(ask, tea, "bob", by="guest")["code"] == "NotAdmin"
    assert approve(ask, tea, "~bob")["code"] == "NotAMember"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "BadRequest"),
        ({"roomId": ""}, "BadRequest"),
        ({"roomId": 7}, "BadRequest"),
        ({"roomId": "r" * 65}, "TooLong"),
        ({"roomId": "no-such-room"}, "RoomNotFound"),
        ({"roomId": "no-such-room", "username": "bob", "decision": "approve"}, "RoomNotFound"),
        ({"roomId": "#user#ann"}, "RoomNotFound"),
        ({"roomId": "lobby", "username": "bob", "decision": "approve"}, "NotAdmin"),
        ({"roomId": "lobby", "username": "bob"}, "BadRequest"),
    ],
)
def test_requests_that_cannot_be(ask: Ask, tea: str, fields: dict[str, object], code: str) -> None:
    assert ask("join_room", "b1", **fields)["code"] == code


def test_an_admin_decides_about_requests_only(ask: Ask, tea: str) -> None:
    assert approve(ask, tea, "bob")["code"] == "NotAMember"
    assert approve(ask, tea, "#room")["code"] == "BadRequest"
    assert approve(ask, tea, "ann")["decision"] == "approve"


def test_who_is_not_connected_does_not_ask(ask: Ask, tea: str) -> None:
    assert ask("join_room", "stranger", roomId=tea)["code"] == "NotAMember"


def test_an_admins_window_that_is_gone_is_forgotten(
    ask: Ask, tea: str, callbacks: FakeCallbackApi, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    callbacks.always("a1", 410)
    assert ask("join_room", "b1", roomId=tea)["type"] == "joinRequested"
    rows = dynamodb.scan(TableName=tables.connections)["Items"]
    assert not [row for row in rows if row["connectionId"]["S"] == "a1"]
