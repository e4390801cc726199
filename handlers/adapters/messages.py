"""The table Messages: key `roomId`, `messageId` (ULID); username, text, sentAt (ms); where there is one clientId,
fileName, fileType, fileSize; of what was changed revision, reactions (a list of lists: the emoji, then who), editedAt,
deletedAt (ms). Its stream (NEW_IMAGE) drives the fan-out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.adapters.items import Item, n, number, s, text
from handlers.chat.files import File
from handlers.chat.messages import Message, Reaction

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutItemInputTypeDef


class MessageTable:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, message: Message) -> None:
        """Store the message. A repeat by the SDK's retry writes the same item, which leaves no second record in the
        stream.
        """
        self._client.put_item(TableName=self._table, Item=to_item(message))

    def find(self, room_key: str, message_id: str) -> Message | None:
        key = {"roomId": s(room_key), "messageId": s(message_id)}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else from_item(item)

    def replace(self, before: Message, after: Message) -> bool:
        """See `handlers.chat.changes.Archive`."""
        exists, unchanged = "attribute_exists(roomId)", "revision = :revision"
        if before.revision == 0:
            unchanged = "attribute_not_exists(revision)"
        values: dict[str, AttributeValueTypeDef] = {":revision": n(before.revision)} if before.revision else {}
        request: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": to_item(after),
            "ConditionExpression": f"{exists} AND {unchanged}",
        }
        if values:
            request["ExpressionAttributeValues"] = values
        try:
            self._client.put_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

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


def to_item(message: Message) -> dict[str, AttributeValueTypeDef]:
    item = {
        "roomId": s(message.room_id),
        "messageId": s(message.message_id),
        "username": s(message.username),
        "sentAt": n(message.sent_at_ms),
    }
    if message.text:  # older stand-ins of DynamoDB take no empty strings
        item["text"] = s(message.text)
    if message.client_id is not None:
        item["clientId"] = s(message.client_id)
    if message.file is not None:
        item["fileName"], item["fileType"] = s(message.file.name), s(message.file.content_type)
        item["fileSize"] = n(message.file.size_bytes)
    if message.revision:
        item["revision"] = n(message.revision)
    if message.reactions:
        item["reactions"] = {"L": [{"L": [s(each.emoji), *map(s, each.usernames)]} for each in message.reactions]}
    if message.edited_at_ms is not None:
        item["editedAt"] = n(message.edited_at_ms)
    if message.deleted_at_ms is not None:
        item["deletedAt"] = n(message.deleted_at_ms)
    return item


def from_item(item: Item) -> Message:
    """The message in an item of the table or an image of its stream."""
    return Message(
        text(item, "roomId"),
        text(item, "messageId"),
        text(item, "username"),
        text(item, "text") if "text" in item else "",
        number(item, "sentAt"),
        text(item, "clientId") if "clientId" in item else None,
        File(text(item, "fileName"), text(item, "fileType"), number(item, "fileSize")) if "fileName" in item else None,
        _reactions(item) if "reactions" in item else (),
        number(item, "editedAt") if "editedAt" in item else None,
        number(item, "deletedAt") if "deletedAt" in item else None,
        number(item, "revision") if "revision" in item else 0,
    )


def _reactions(item: Item) -> tuple[Reaction, ...]:
    lists = ([value["S"] for value in each["L"]] for each in item["reactions"]["L"])
    return tuple(Reaction(emoji, tuple(usernames)) for emoji, *usernames in lists)
