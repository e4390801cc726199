import json
from collections.abc import Callable

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.items import Item
from tests.fakes import NO_ANSWER, FakeCallbackApi
from tests.handlers import events
from tests.handlers.conftest import Ask, Enter, Load, Tables
from tests.handlers.events import Context

Say = Callable[..., list[Item]]


@pytest.fixture
def say(ask: Ask, enter: Enter, dynamodb: DynamoDBClient, tables: Tables) -> Say:
    """Sends messages as Ann, by the real function, and returns their images as the stream shows them."""
    enter("c1", "ann")

    def say(*texts: str) -> list[Item]:
        for text in texts:
            assert ask("send_message", "c1", text=text)["type"] == "sent"
        answer = dynamodb.query(
            TableName=tables.messages,
            KeyConditionExpression="roomId = :room",
            ExpressionAttributeValues={":room": {"S": "lobby"}},
        )
        return [*answer["Items"]]

    return say


def texts(callbacks: FakeCallbackApi, connection_id: str) -> list[str]:
    return [json.loads(body)["text"] for body in callbacks.bodies(connection_id)]


def test_everyone_in_the_room_hears_it_the_sender_too(
    load: Load, say: Say, enter: Enter, callbacks: FakeCallbackApi
) -> None:
    enter("c2", "bob")
    enter("elsewhere", "eve", "tea")
    (image,) = say("hello")
    assert load("fan_out").handler(events.stream(image), Context()) == {"batchItemFailures": []}
    for connection_id in ("c1", "c2"):
        (body,) = callbacks.bodies(connection_id)
        assert json.loads(body) == {
            "type": "message",
            "roomId": "lobby",
            "messageId": image["messageId"]["S"],
            "username": "ann",
            "text": "hello",
            "sentAt": int(image["sentAt"]["N"]),
        }
    assert callbacks.bodies("elsewhere") == []


def test_a_batch_keeps_its_order_through_retries(
    load: Load, say: Say, enter: Enter, callbacks: FakeCallbackApi
) -> None:
    enter("c2", "bob")
    said = [str(number) for number in range(10)]
    callbacks.script("c2", 200, 429, 500, NO_ANSWER, 200, 503)
    assert load("fan_out").handler(events.stream(*say(*said)), Context()) == {"batchItemFailures": []}
    assert texts(callbacks, "c1") == texts(callbacks, "c2") == said


def test_only_new_messages_are_news(load: Load, say: Say, callbacks: FakeCallbackApi) -> None:
    images = say("hello")
    handler = load("fan_out").handler
    for event_name in ("MODIFY", "REMOVE"):
        assert handler(events.stream(*images, event_name=event_name), Context()) == {"batchItemFailures": []}
    assert callbacks.calls == []


def test_a_vanished_peer_is_forgotten_everywhere_and_nobody_else_is(
    load: Load, say: Say, enter: Enter, callbacks: FakeCallbackApi, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    enter("c2", "bob")
    enter("gone", "eve")
    enter("gone", "eve", "tea")
    callbacks.always("gone", 410)
    assert load("fan_out").handler(events.stream(*say("a", "b")), Context()) == {"batchItemFailures": []}
    assert texts(callbacks, "c1") == texts(callbacks, "c2") == ["a", "b"]
    rows = dynamodb.scan(TableName=tables.connections)["Items"]
    left = {row["connectionId"]["S"] for row in rows if not row["roomId"]["S"].startswith("#")}
    assert left == {"c1", "c2"}


def test_a_connection_that_is_not_open_yet_stays(
    load: Load, say: Say, enter: Enter, callbacks: FakeCallbackApi, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    """What is said while somebody's handshake is under way finds their row, and is answered 410."""
    enter("opening", "eve", opened_s_ago=0)
    callbacks.always("opening", 410)
    assert load("fan_out").handler(events.stream(*say("hello")), Context()) == {"batchItemFailures": []}
    rows = dynamodb.scan(TableName=tables.connections)["Items"]
    assert {"c1", "opening"} <= {row["connectionId"]["S"] for row in rows}


def test_a_peer_that_takes_nothing_is_closed_and_holds_up_nobody(
    load: Load, say: Say, enter: Enter, callbacks: FakeCallbackApi
) -> None:
    enter("stuck", "eve")
    callbacks.always("stuck", 429)
    # 5.3 s are left, of which 5 are kept back: 0.3 s of patience
    answer = load("fan_out").handler(events.stream(*say("hello")), Context(remaining_ms=5300))
    assert answer == {"batchItemFailures": []}
    assert texts(callbacks, "c1") == ["hello"]
    assert callbacks.closed() == ["stuck"]


def test_when_nobody_can_be_reached_the_batch_is_handed_in_again(
    load: Load, say: Say, callbacks: FakeCallbackApi
) -> None:
    callbacks.always("c1", 503)
    answer = load("fan_out").handler(events.stream(*say("a", "b")), Context(remaining_ms=5300))
    assert answer == {"batchItemFailures": [{"itemIdentifier": events.sequence_number(1)}]}
    assert callbacks.closed() == []


def test_a_table_that_cannot_be_read_fails_the_batch(load: Load, say: Say, capsys: pytest.CaptureFixture[str]) -> None:
    images = say("my secret words")
    capsys.readouterr()
    handler = load("fan_out", CONNECTIONS_TABLE="no-such-table").handler
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        handler(events.stream(*images), Context())
    printed = capsys.readouterr().out
    assert json.loads(printed)["code"] == "ResourceNotFoundException"
    assert "my secret words" not in printed


def test_a_batch_logs_what_became_of_it(
    load: Load, say: Say, enter: Enter, callbacks: FakeCallbackApi, capsys: pytest.CaptureFixture[str]
) -> None:
    enter("gone", "eve")
    callbacks.always("gone", 410)
    images = say("hello")
    capsys.readouterr()
    load("fan_out").handler(events.stream(*images), Context())
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["messages"], line["connections"], line["delivered"]) == ("delivered", 1, 2, 1)
    assert line["outcomes"] == {"delivered": 1, "gone": 1}
