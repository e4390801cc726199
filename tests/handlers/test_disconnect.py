from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.connections import ConnectionTable
from handlers.chat.rooms import Connection
from tests.handlers import events
from tests.handlers.conftest import Load, Tables
from tests.handlers.events import CONNECTION, Context


def test_the_connection_is_forgotten_in_every_room(load: Load, dynamodb: DynamoDBClient, tables: Tables) -> None:
    connections = ConnectionTable(dynamodb, tables.connections)
    for room_id in ("lobby", "tea"):
        connections.add(Connection(room_id, CONNECTION, "ann", 1, 9_999_999_999))
        connections.add(Connection(room_id, "other", "ann", 1, 9_999_999_999))
    assert load("disconnect").handler(events.disconnect(), Context()) == {"statusCode": 200}
    for room_id in ("lobby", "tea"):
        assert [c.connection_id for c in connections.in_room(room_id)] == ["other"]


def test_a_connection_that_is_not_there_may_leave_too(load: Load) -> None:
    assert load("disconnect").handler(events.disconnect("unknown="), Context()) == {"statusCode": 200}
