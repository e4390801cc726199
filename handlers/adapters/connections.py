"""The table Connections: one row for each room that a connection takes part in.

Key `roomId`, `connectionId`; username, connectedAt (ms), expiresAt (s, the TTL). Index `byConnection` (key
`connectionId`) finds a connection's rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from handlers.adapters.items import Item, n, number, s, text
from handlers.adapters.transactions import persist
from handlers.chat.rooms import Connection

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class ConnectionTable:
    """Implements `handlers.chat.rooms.Connections`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, connection: Connection) -> None:
        self._client.put_item(TableName=self._table, Item=to_item(connection))

    def get(self, room_id: str, connection_id: str) -> Connection | None:
        key = {"roomId": s(room_id), "connectionId": s(connection_id)}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else _connection(item)

    def in_room(self, room_id: str) -> Iterator[Connection]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="roomId = :room",
            ExpressionAttributeValues={":room": s(room_id)},
            ConsistentRead=True,
        )
        return (_connection(item) for page in pages for item in page["Items"])

    def remove(self, room_id: str, connection_id: str) -> None:
        key = {"roomId": s(room_id), "connectionId": s(connection_id)}
        persist(self._client, lambda: self._client.delete_item(TableName=self._table, Key=key))

    def rooms_of(self, connection_id: str) -> Iterator[str]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="byConnection",
            KeyConditionExpression="connectionId = :connection",
            ExpressionAttributeValues={":connection": s(connection_id)},
        )
        return (text(item, "roomId") for page in pages for item in page["Items"])


def to_item(connection: Connection) -> dict[str, AttributeValueTypeDef]:
    return {
        "roomId": s(connection.room_id),
        "connectionId": s(connection.connection_id),
        "username": s(connection.username),
        "connectedAt": n(connection.connected_at_ms),
        "expiresAt": n(connection.expires_at_s),
    }


def _connection(item: Item) -> Connection:
    return Connection(
        text(item, "roomId"),
        text(item, "connectionId"),
        text(item, "username"),
        number(item, "connectedAt"),
        number(item, "expiresAt"),
    )
