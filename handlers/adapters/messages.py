"""The table Messages: key `roomId`, `messageId` (ULID); username, text, sentAt (ms), clientId where given. Its stream
(NEW_IMAGE) drives the fan-out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.adapters.items import Item, n, number, s, text
from handlers.chat.messages import Message

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class MessageTable:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, message: Message) -> None:
        """Store the message. A repeat by the SDK's retry writes the same item, which leaves no second record in the
        stream.
        """
        item = {
            "roomId": s(message.room_id),
            "messageId": s(message.message_id),
            "username": s(message.username),
            "text": s(message.text),
            "sentAt": n(message.sent_at_ms),
        }
        if message.client_id is not None:
            item["clientId"] = s(message.client_id)
        self._client.put_item(TableName=self._table, Item=item)

    def newest(self, room_id: str, *, before: str | None, limit: int) -> list[Message]:
        """The room's newest messages older than the id `before`, newest first: `limit` of them, or as many as one
        answer of DynamoDB (1 MB) holds.
        """
        values: dict[str, AttributeValueTypeDef] = {":room": s(room_id)}
        condition = "roomId = :room"
        if before is not None:
            values[":before"] = s(before)
            condition += " AND messageId < :before"
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        return [from_item(item) for item in answer["Items"]]


def from_item(item: Item) -> Message:
    """The message in an item of the table or an image of its stream."""
    return Message(
        text(item, "roomId"),
        text(item, "messageId"),
        text(item, "username"),
        text(item, "text"),
        number(item, "sentAt"),
        text(item, "clientId") if "clientId" in item else None,
    )
