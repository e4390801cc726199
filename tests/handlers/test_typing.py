import json

from types_boto3_dynamodb import DynamoDBClient

from tests.fakes import FakeCallbackApi
from tests.handlers.conftest import Ask, Enter, Tables


def test_the_others_see_it_and_the_typist_does_not(ask: Ask, enter: Enter, callbacks: FakeCallbackApi) -> None:
    enter("c1", "ann")
    enter("c2", "Ann")
    enter("c3", "bob")
    enter("c4", "~ann")
    enter("elsewhere", "eve", "tea")
    enter("old", "joe", expires_in_s=-1)
    assert ask("typing", "c1", roomId="lobby", requestId="r1") == {"type": "ok", "requestId": "r1"}
    assert sorted(call.connection_id for call in callbacks.calls) == ["c3", "c4"]
    for call in callbacks.calls:
        assert json.loads(call.body) == {"type": "typing", "roomId": "lobby", "username": "ann"}


def test_a_peer_in_trouble_is_not_tried_again_and_a_gone_one_is_forgotten(
    ask: Ask, enter: Enter, callbacks: FakeCallbackApi, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    for connection_id, username in (("c1", "ann"), ("c2", "bob"), ("c3", "eve")):
        enter(connection_id, username)
    callbacks.always("c2", 429)
    callbacks.always("c3", 410)
    assert ask("typing", "c1", roomId="lobby") == {"type": "ok"}
    assert len(callbacks.calls) == 2
    rows = dynamodb.scan(TableName=tables.connections)["Items"]
    assert sorted(row["connectionId"]["S"] for row in rows) == ["c1", "c2"]


def test_a_peer_that_is_not_open_yet_stays(
    ask: Ask, enter: Enter, callbacks: FakeCallbackApi, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    enter("c1", "ann")
    enter("c2", "bob", opened_s_ago=0)
    callbacks.always("c2", 410)
    assert ask("typing", "c1", roomId="lobby") == {"type": "ok"}
    rows = dynamodb.scan(TableName=tables.connections)["Items"]
    assert sorted(row["connectionId"]["S"] for row in rows) == ["c1", "c2"]


def test_strangers_do_not_type(ask: Ask, enter: Enter, callbacks: FakeCallbackApi) -> None:
    enter("c2", "bob")
    assert ask("typing", "stranger", roomId="lobby")["code"] == "NotAMember"
    assert ask("typing", "c2", roomId="coffee")["code"] == "RoomNotFound"
    assert ask("typing", "c2")["code"] == "BadRequest"
    assert callbacks.calls == []
