"""Rows of Connections in rooms, each written together with the conditions that it stands on; see
`handlers.chat.attendance`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from handlers.adapters.connections import to_item
from handlers.adapters.items import s
from handlers.adapters.transactions import transact
from handlers.chat.membership import Status
from handlers.chat.rooms import Connection
from handlers.chat.usernames import user_id

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# A transaction has up to 100 items: one for the connection, and two for each room.
_ROOMS_AT_ONCE: Final = 49


class SeatTable:
    """Implements `handlers.chat.attendance.Seats`."""

    def __init__(self, client: DynamoDBClient, *, connections: str, presence: str, rooms: str) -> None:
        """The arguments after the client are names of tables."""
        self._client = client
        self._connections = connections
        self._presence = presence
        self._rooms = rooms

    @classmethod
    def of(cls, client: DynamoDBClient, environ: Mapping[str, str]) -> SeatTable:
        """With the tables that the environment names."""
        return cls(
            client,
            connections=environ["CONNECTIONS_TABLE"],
            presence=environ["PRESENCE_TABLE"],
            rooms=environ["ROOMS_TABLE"],
        )

    def take(self, connection: Connection, room_ids: Iterable[str]) -> None:
        waiting = list(room_ids)
        for start in range(0, len(waiting), _ROOMS_AT_ONCE):
            self._take(connection, waiting[start : start + _ROOMS_AT_ONCE])

    def give_up(self, username: str, connection_id: str, room_id: str) -> None:
        transact(self._client, [self._is_member(username, room_id, holds=False), self._no_row(connection_id, room_id)])

    def _take(self, connection: Connection, room_ids: Sequence[str]) -> None:
        """As `take`, for as many rooms as a transaction holds. Those that the user is no member of are left out, and
        the others tried again; nothing is done for a connection that is not open.
        """
        while room_ids:
            memberships = [self._is_member(connection.username, room_id) for room_id in room_ids]
            rows = [self._row(replace(connection, room_id=room_id)) for room_id in room_ids]
            failed = transact(self._client, [self._is_open(connection), *memberships, *rows])
            if not failed or 0 in failed:
                return
            room_ids = [room_id for place, room_id in enumerate(room_ids, 1) if place not in failed]

    def _is_open(self, connection: Connection) -> TransactWriteItemTypeDef:
        return {
            "ConditionCheck": {
                "TableName": self._presence,
                "Key": {"userId": s(user_id(connection.username))},
                "ConditionExpression": "contains(connectionIds, :connection)",
                "ExpressionAttributeValues": {":connection": s(connection.connection_id)},
            }
        }

    def _is_member(self, username: str, room_id: str, *, holds: bool = True) -> TransactWriteItemTypeDef:
        member = "#status = :approved"
        return {
            "ConditionCheck": {
                "TableName": self._rooms,
                "Key": {"roomId": s(room_id), "username": s(user_id(username))},
                "ConditionExpression": member if holds else f"attribute_not_exists(roomId) OR NOT {member}",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":approved": s(Status.APPROVED)},
            }
        }

    def _row(self, connection: Connection) -> TransactWriteItemTypeDef:
        return {"Put": {"TableName": self._connections, "Item": to_item(connection)}}

    def _no_row(self, connection_id: str, room_id: str) -> TransactWriteItemTypeDef:
        key = {"roomId": s(room_id), "connectionId": s(connection_id)}
        return {"Delete": {"TableName": self._connections, "Key": key}}
