"""The table Presence: one row for each user who is, or lately was, connected. Key `userId`; username, connectionIds (a
set, absent when empty), expiresAt (s, the TTL). Its stream (NEW_AND_OLD_IMAGES) tells who comes and goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.adapters.items import Item, n, s, text
from handlers.adapters.transactions import persist
from handlers.chat.attendance import Standing
from handlers.chat.rooms import Connection
from handlers.chat.usernames import user_id

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef, UpdateItemInputTypeDef


class PresenceTable:
    """Implements `handlers.chat.attendance.Presence`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def arrive(self, connection: Connection, now_ms: int) -> None:
        """Add the connection. A row whose time is up is started anew: what it holds was lost without a word, and
        DynamoDB may take days to remove it.
        """
        values: dict[str, AttributeValueTypeDef] = {
            ":connection": {"SS": [connection.connection_id]},
            ":username": s(connection.username),
            ":expires": n(connection.expires_at_s),
        }
        rest = "username = :username, expiresAt = :expires"
        fresh = "attribute_not_exists(connectionIds) OR expiresAt <= :now"
        try:
            self._update(
                connection.username,
                f"SET connectionIds = :connection, {rest}",
                {**values, ":now": n(now_ms // 1000)},
                fresh,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            self._update(connection.username, f"ADD connectionIds :connection SET {rest}", values)

    def depart(self, username: str, connection_id: str) -> None:
        values: dict[str, AttributeValueTypeDef] = {":connection": {"SS": [connection_id]}, ":id": s(connection_id)}
        try:
            # The condition keeps a second departure from making a row.
            self._update(username, "DELETE connectionIds :connection", values, "contains(connectionIds, :id)")
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def open_connections(self, username: str) -> list[str]:
        key = {"userId": s(user_id(username))}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return [] if item is None else _connection_ids(item)

    def _update(
        self, username: str, expression: str, values: dict[str, AttributeValueTypeDef], condition: str = ""
    ) -> None:
        request: UpdateItemInputTypeDef = {
            "TableName": self._table,
            "Key": {"userId": s(user_id(username))},
            "UpdateExpression": expression,
            "ExpressionAttributeValues": values,
        }
        if condition:
            request["ConditionExpression"] = condition
        persist(self._client, lambda: self._client.update_item(**request))


def standing(image: Item) -> Standing:
    """What an image of the stream says of its user."""
    return Standing(text(image, "username"), online=bool(_connection_ids(image)))


def _connection_ids(item: Item) -> list[str]:
    return list(item["connectionIds"]["SS"]) if "connectionIds" in item else []
