import json
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.items import Item
from tests.fakes import FakeCallbackApi
from tests.handlers import events
from tests.handlers.conftest import Enter, Load, Tables
from tests.handlers.events import Context


def row(username: str, *connection_ids: str) -> Item:
    item: dict[str, Any] = {"userId": {"S": username.lower()}, "username": {"S": username}, "expiresAt": {"N": "1"}}
    return {**item, "connectionIds": {"SS": list(connection_ids)}} if connection_ids else item


def pushed(callbacks: FakeCallbackApi, connection_id: str) -> list[dict[str, Any]]:
    return [json.loads(body) for body in callbacks.bodies(connection_id)]


def test_the_lobby_hears_who_comes_and_goes(load: Load, enter: Enter, callbacks: FakeCallbackApi) -> None:
    enter("c1", "ann")
    enter("c2", "bob")
    enter("elsewhere", "eve", "tea")
    batch = events.changes(
        (None, row("Ann", "c1")),
        (row("joe", "c9"), row("joe")),
        (row("bob", "c2"), row("bob", "c2", "c3")),
        (row("tim", "c8"), None),
    )
    assert load("presence").handler(batch, Context()) == {"batchItemFailures": []}
    for listener in ("c1", "c2"):
        assert pushed(callbacks, listener) == [
            {"type": "presence", "username": "Ann", "online": True},
            {"type": "presence", "username": "joe", "online": False},
            {"type": "presence", "username": "tim", "online": False},
        ]
    assert pushed(callbacks, "elsewhere") == []


def test_a_storm_of_people_is_one_post_a_connection(load: Load, enter: Enter, callbacks: FakeCallbackApi) -> None:
    enter("c1", "ann")
    crowd = [f"user-{number}" for number in range(100)]
    load("presence").handler(events.changes(*((None, row(name, name)) for name in crowd)), Context())
    (push,) = pushed(callbacks, "c1")
    assert [change["username"] for change in push["changes"]] == crowd


def test_nothing_new_costs_nothing(load: Load, enter: Enter, callbacks: FakeCallbackApi) -> None:
    enter("c1", "ann")
    batch = events.changes((row("bob", "c2"), row("bob", "c2", "c3")))
    load("presence", CONNECTIONS_TABLE="not-read-at-all").handler(batch, Context())
    assert callbacks.calls == []


def test_gone_connections_are_forgotten_those_that_are_just_opening_are_not(
    load: Load, enter: Enter, callbacks: FakeCallbackApi, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    """A row is written before the connection is open, and the push about it comes at once."""
    enter("gone", "eve")
    enter("opening", "ann", opened_s_ago=0)
    for connection_id in ("gone", "opening"):
        callbacks.always(connection_id, 410)
    load("presence").handler(events.changes((None, row("ann", "opening"))), Context())
    rows = dynamodb.scan(TableName=tables.connections)["Items"]
    assert [each["connectionId"]["S"] for each in rows] == ["opening"]


def test_a_table_that_cannot_be_read_fails_the_batch(load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    handler = load("presence", CONNECTIONS_TABLE="no-such-table").handler
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        handler(events.changes((None, row("ann", "c1"))), Context())
    assert json.loads(capsys.readouterr().out)["code"] == "ResourceNotFoundException"
