import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.connections import ConnectionTable
from handlers.chat.rooms import Connection
from tests.handlers.conftest import Tables


def row(room_id: str, connection_id: str, username: str = "ann") -> Connection:
    return Connection(room_id, connection_id, username, 1_795_161_841_000, 1_795_169_641)


@pytest.fixture
def connections(dynamodb: DynamoDBClient, tables: Tables) -> ConnectionTable:
    return ConnectionTable(dynamodb, tables.connections)


def test_a_row_is_read_back(connections: ConnectionTable) -> None:
    connections.add(row("lobby", "c1"))
    assert connections.get("lobby", "c1") == row("lobby", "c1")
    assert connections.get("lobby", "c2") is None
    assert connections.get("tea", "c1") is None


def test_a_room_lists_its_connections_and_no_other(connections: ConnectionTable) -> None:
    connections.add(row("lobby", "c1"))
    connections.add(row("lobby", "c2", "bob"))
    connections.add(row("tea", "c3"))
    assert sorted(c.connection_id for c in connections.in_room("lobby")) == ["c1", "c2"]


def test_a_room_of_several_pages_is_read_to_its_end(connections: ConnectionTable) -> None:
    """A page of DynamoDB holds 1 MB: four rows with a name of 300 KB each do not fit."""
    for number in range(4):
        connections.add(row("lobby", f"c{number}", "x" * 300_000))
    assert sorted(c.connection_id for c in connections.in_room("lobby")) == ["c0", "c1", "c2", "c3"]


def test_a_connection_lists_its_rooms(connections: ConnectionTable) -> None:
    for room_id in ("lobby", "tea", "coffee"):
        connections.add(row(room_id, "c1"))
    connections.add(row("water", "c2"))
    assert sorted(connections.rooms_of("c1")) == ["coffee", "lobby", "tea"]


def test_a_row_is_removed_and_no_other(connections: ConnectionTable) -> None:
    for room_id in ("lobby", "tea"):
        connections.add(row(room_id, "c1"))
        connections.add(row(room_id, "c2"))
    connections.remove("tea", "c1")
    connections.remove("tea", "nobody")
    assert sorted(c.connection_id for c in connections.in_room("lobby")) == ["c1", "c2"]
    assert [c.connection_id for c in connections.in_room("tea")] == ["c2"]


def test_the_ttl_attribute_is_a_number_of_seconds(
    connections: ConnectionTable, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    """DynamoDB ignores a TTL of any other type, and one in milliseconds lies thousands of years ahead."""
    connections.add(row("lobby", "c1"))
    key = {"roomId": {"S": "lobby"}, "connectionId": {"S": "c1"}}
    item = dynamodb.get_item(TableName=tables.connections, Key=key)["Item"]
    assert item["expiresAt"] == {"N": "1795169641"}
