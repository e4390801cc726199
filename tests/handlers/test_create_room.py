import pytest
from types_boto3_dynamodb import DynamoDBClient

from tests.handlers.conftest import Ask, Enter, Tables


def test_a_room_is_opened_with_all_windows_of_its_founder_in_it(
    ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    enter("c1", "Ann")
    enter("c2", "ann")
    enter("c3", "bob")
    room = ask("create_room", "c1", name="Tea <b>time</b>", requestId="r1")
    room_id = room.pop("roomId")
    assert room == {"type": "room", "name": "Tea <b>time</b>", "role": "admin", "requestId": "r1"}
    for window in ("c1", "c2"):
        assert ask("send_message", window, roomId=room_id, text="x")["type"] == "sent"
    assert ask("send_message", "c3", roomId=room_id, text="x")["code"] == "NotAMember"


def test_a_name_belongs_to_nobody(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    enter("c2", "bob")
    rooms = [ask("create_room", who, name="Tea")["roomId"] for who in ("c1", "c2", "c2")]
    assert len(set(rooms)) == 3
    assert rooms == sorted(rooms)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "BadRequest"),
        ({"name": ""}, "BadRequest"),
        ({"name": 7}, "BadRequest"),
        ({"name": "\udc00"}, "BadRequest"),
        ({"name": "😀" * 65}, "TooLong"),
    ],
)
def test_a_room_needs_a_name(
    ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables, fields: dict[str, object], code: str
) -> None:
    enter("c1", "ann")
    assert ask("create_room", "c1", **fields)["code"] == code
    assert dynamodb.scan(TableName=tables.rooms)["Count"] == 0


def test_the_longest_name(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    assert ask("create_room", "c1", name="😀" * 64)["name"] == "😀" * 64


def test_who_is_not_connected_opens_nothing(ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables) -> None:
    enter("old", "ann", expires_in_s=-1)
    for connection_id in ("stranger", "old"):
        assert ask("create_room", connection_id, name="Tea")["code"] == "NotAMember"
    assert dynamodb.scan(TableName=tables.rooms)["Count"] == 0
