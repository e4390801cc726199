"""The table Rooms: key `roomId`, `username`; one row for each member, and the room itself under the user name
`#room`, which nobody can have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.adapters.items import s

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class RoomTable:
    """Implements `handlers.chat.rooms.Rooms`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def exists(self, room_id: str) -> bool:
        key = {"roomId": s(room_id), "username": s("#room")}
        return "Item" in self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
