import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from types_boto3_dynamodb import DynamoDBClient

from tests.fakes import FakeCallbackApi
from tests.handlers import events
from tests.handlers.conftest import Ask, Enter, Load, Tables
from tests.handlers.events import Context


def test_a_message_is_acknowledged_once_it_is_stored(
    ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    enter("c1", "Ann")
    sent = ask("send_message", "c1", text="hello", clientId="k1", requestId="r1")
    (item,) = dynamodb.scan(TableName=tables.messages)["Items"]
    assert {name: next(iter(value.values())) for name, value in item.items()} == {
        "roomId": "lobby",
        "messageId": sent["messageId"],
        "username": "Ann",
        "text": "hello",
        "sentAt": str(sent["sentAt"]),
        "clientId": "k1",
    }
    assert (sent["type"], sent["roomId"], sent["requestId"]) == ("sent", "lobby", "r1")
    assert abs(sent["sentAt"] / 1000 - time.time()) < 5


def test_ids_sort_as_sent(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    ids = [ask("send_message", "c1", text="x")["messageId"] for _ in range(20)]
    assert ids == sorted(set(ids))


def test_any_room_will_do_that_the_sender_is_in(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann", "tea")
    assert ask("send_message", "c1", roomId="tea", text="x")["roomId"] == "tea"
    assert ask("send_message", "c1", text="x")["code"] == "NotAMember"


def test_rooms_that_are_not_there_or_not_mine(ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables) -> None:
    dynamodb.put_item(TableName=tables.rooms, Item={"roomId": {"S": "tea"}, "username": {"S": "#room"}})
    enter("c1", "ann")
    enter("old", "ann", expires_in_s=-1)
    assert ask("send_message", "c1", roomId="tea", text="x")["code"] == "NotAMember"
    assert ask("send_message", "c1", roomId="coffee", text="x")["code"] == "RoomNotFound"
    assert ask("send_message", "stranger", text="x")["code"] == "NotAMember"
    assert ask("send_message", "old", text="x")["code"] == "NotAMember"


def test_the_rows_of_the_rate_limit_are_no_room(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    ask("send_message", "c1", text="x")
    assert ask("send_message", "c1", roomId="#sends#ann", text="x")["code"] == "RoomNotFound"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "BadRequest"),
        ({"text": ""}, "BadRequest"),
        ({"text": 7}, "BadRequest"),
        ({"text": None}, "BadRequest"),
        ({"text": "\ud800"}, "BadRequest"),
        ({"text": "x", "roomId": 7}, "BadRequest"),
        ({"text": "x", "clientId": {}}, "BadRequest"),
        ({"text": "😀" * 4001}, "TooLong"),
        ({"text": "x", "clientId": "k" * 65}, "TooLong"),
    ],
)
def test_bad_input_is_refused_and_nothing_stored(
    ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables, fields: dict[str, object], code: str
) -> None:
    enter("c1", "ann")
    answer = ask("send_message", "c1", requestId="r1", **fields)
    assert (answer["type"], answer["code"], answer["requestId"]) == ("error", code, "r1")
    assert dynamodb.scan(TableName=tables.messages)["Count"] == 0


def test_a_user_is_limited_over_all_connections(load: Load, enter: Enter) -> None:
    enter("c1", "ann")
    enter("c2", "Ann")
    enter("c3", "bob")
    handler = load("send_message", RATE_LIMIT="3").handler

    def send(connection_id: str) -> str:
        answer = json.loads(handler(events.frame({"text": "x"}, connection_id), Context())["body"])
        return str(answer.get("code", answer["type"]))

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, ["c1", "c2"] * 3))
    assert sorted(answers) == ["RateLimited"] * 3 + ["sent"] * 3
    assert send("c3") == "sent"


def test_the_limit_can_be_off(load: Load, enter: Enter, dynamodb: DynamoDBClient, tables: Tables) -> None:
    enter("c1", "ann")
    handler = load("send_message", RATE_LIMIT="0").handler
    for _ in range(70):
        assert '"sent"' in handler(events.frame({"text": "x"}, "c1"), Context())["body"]
    assert dynamodb.scan(TableName=tables.connections)["Count"] == 1


def test_direct_fan_out_has_told_everybody_when_the_sender_is_answered(
    load: Load, enter: Enter, callbacks: FakeCallbackApi, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    for connection_id, username in (("c1", "ann"), ("c2", "bob"), ("gone", "eve")):
        enter(connection_id, username)
    callbacks.script("c2", 429, 503)
    callbacks.always("gone", 410)
    handler = load("send_message", FANOUT="direct").handler
    sent = json.loads(handler(events.frame({"text": "hello", "clientId": "k1"}, "c1"), Context())["body"])
    for connection_id in ("c1", "c2"):
        (body,) = callbacks.bodies(connection_id)
        assert json.loads(body) == {
            "type": "message",
            "roomId": "lobby",
            "messageId": sent["messageId"],
            "username": "ann",
            "text": "hello",
            "sentAt": sent["sentAt"],
            "clientId": "k1",
        }
    assert dynamodb.scan(TableName=tables.messages)["Count"] == 1
    left = {row["connectionId"]["S"] for row in dynamodb.scan(TableName=tables.connections)["Items"]}
    assert "gone" not in left


def test_a_peer_that_takes_nothing_of_a_direct_fan_out_is_closed(
    load: Load, enter: Enter, callbacks: FakeCallbackApi
) -> None:
    enter("c1", "ann")
    enter("stuck", "eve")
    callbacks.always("stuck", 429)
    assert (
        '"sent"' in load("send_message", FANOUT="direct").handler(events.frame({"text": "x"}, "c1"), Context())["body"]
    )
    assert callbacks.closed() == ["stuck"]


def test_the_stream_fans_out_alone(ask: Ask, enter: Enter, callbacks: FakeCallbackApi) -> None:
    enter("c1", "ann")
    ask("send_message", "c1", text="hello")
    assert callbacks.calls == []
