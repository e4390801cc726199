from concurrent.futures import ThreadPoolExecutor

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.presence import PresenceTable, standing
from handlers.chat.attendance import Standing
from handlers.chat.rooms import LOBBY, Connection
from tests.handlers.conftest import Tables

NOW_MS = 1_795_161_841_000


def connection(connection_id: str, username: str = "ann", opened_ms: int = NOW_MS) -> Connection:
    return Connection(LOBBY, connection_id, username, opened_ms, opened_ms // 1000 + 60)


@pytest.fixture
def presence(dynamodb: DynamoDBClient, tables: Tables) -> PresenceTable:
    return PresenceTable(dynamodb, tables.presence)


def test_a_user_has_connections_while_they_are_open(presence: PresenceTable) -> None:
    for each in (connection("c1"), connection("c2", "ANN"), connection("c3", "bob")):
        presence.arrive(each, NOW_MS)
    assert sorted(presence.open_connections("Ann")) == ["c1", "c2"]
    presence.depart("ANN", "c1")
    assert presence.open_connections("ann") == ["c2"]
    presence.depart("ann", "c2")
    presence.depart("ann", "c2")
    assert presence.open_connections("ann") == []
    assert presence.open_connections("bob") == ["c3"]


def test_who_was_never_there_leaves_no_row_by_departing(
    presence: PresenceTable, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    presence.depart("ann", "c1")
    assert dynamodb.scan(TableName=tables.presence)["Count"] == 0


def test_connections_that_were_lost_long_ago_are_not_carried_along(presence: PresenceTable) -> None:
    presence.arrive(connection("lost"), NOW_MS)
    presence.arrive(connection("c1", opened_ms=NOW_MS + 60_000), NOW_MS + 60_000)
    assert presence.open_connections("ann") == ["c1"]


def test_connections_that_open_at_once_are_all_there(presence: PresenceTable) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: presence.arrive(connection(f"c{number}"), NOW_MS), range(8)))
    assert len(presence.open_connections("ann")) == 8


def test_the_row_expires_with_its_last_connection(
    presence: PresenceTable, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    presence.arrive(connection("c1"), NOW_MS)
    presence.arrive(connection("c2", opened_ms=NOW_MS + 30_000), NOW_MS + 30_000)
    (row,) = dynamodb.scan(TableName=tables.presence)["Items"]
    assert row["expiresAt"] == {"N": str(NOW_MS // 1000 + 90)}


def test_an_image_says_who_and_whether(presence: PresenceTable, dynamodb: DynamoDBClient, tables: Tables) -> None:
    def image() -> Standing:
        (row,) = dynamodb.scan(TableName=tables.presence)["Items"]
        return standing(row)

    presence.arrive(connection("c1", "Ann"), NOW_MS)
    assert image() == Standing("Ann", online=True)
    presence.depart("Ann", "c1")
    assert image() == Standing("Ann", online=False)
