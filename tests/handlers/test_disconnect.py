from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from tests.handlers import events
from tests.handlers.conftest import Enter, Load, Tables
from tests.handlers.events import CONNECTION, Context


def test_the_connection_is_forgotten_in_every_room(
    load: Load, enter: Enter, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    connections, presence = ConnectionTable(dynamodb, tables.connections), PresenceTable(dynamodb, tables.presence)
    for room_id in ("lobby", "tea"):
        enter(CONNECTION, "ann", room_id)
        enter("other", "ann", room_id)
    assert load("disconnect").handler(events.disconnect(), Context()) == {"statusCode": 200}
    for room_id in ("lobby", "tea"):
        assert [c.connection_id for c in connections.in_room(room_id)] == ["other"]
    assert presence.open_connections("ann") == ["other"]


def test_a_connection_that_is_not_there_may_leave_too(load: Load) -> None:
    assert load("disconnect").handler(events.disconnect("unknown="), Context()) == {"statusCode": 200}
