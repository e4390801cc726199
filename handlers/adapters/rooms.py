"""The table Rooms: key `roomId`, `username` (the user id). It holds each membership twice, so that a room's and a
user's are found by one consistent query each:

| roomId        | username  | attributes                                                               |
|---------------|-----------|--------------------------------------------------------------------------|
| the room      | `#room`   | name, createdAt (ms), members (how many are approved)                    |
| the room      | the user  | name (the room's), spelling (the user's), role, status, since (ms)       |
| `#user#{id}`  | the room  | the same, unless the status is rejected                                  |

Both rows of a membership change in one transaction with the room's own. Conditions are about the first. (An index would
do for the second, but for its lag: who has just been let in would connect and not be.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, NotRequired, TypedDict

from handlers.adapters.items import Item, n, number, s, text
from handlers.adapters.transactions import transact
from handlers.chat.membership import Change, Membership, Role, Room, Status, Step
from handlers.chat.usernames import user_id

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

_ROOM_ITSELF: Final = "#room"  # no user id begins with this


class RoomTable:
    """Implements `handlers.chat.membership.Book` and `handlers.chat.rooms.Rooms`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def exists(self, room_id: str) -> bool:
        return self._get(room_id, _ROOM_ITSELF) is not None

    def room(self, room_id: str) -> Room | None:
        item = self._get(room_id, _ROOM_ITSELF)
        return None if item is None else Room(room_id, text(item, "name"), number(item, "createdAt"))

    def membership(self, room_id: str, username: str) -> Membership | None:
        item = self._get(room_id, user_id(username))
        return None if item is None else _membership(room_id, item)

    def memberships(self, room_id: str, after: str = "") -> Iterator[Membership]:
        items = self._query(room_id, max(after, _ROOM_ITSELF))
        return (_membership(room_id, item) for item in items)

    def of_user(self, username: str, after: str = "") -> Iterator[Membership]:
        items = self._query(_of_user(username), after or " ")  # an empty string is no key
        return (_membership(text(item, "username"), item) for item in items)

    def commit(self, change: Change) -> bool:
        items = [self._room_item(change)]
        for step in change.steps:
            items += self._step_items(step)
        items += [self._check(standing) for standing in change.standing]
        return not transact(self._client, items)

    def sweep(self, room_id: str) -> None:
        # The room's own row of a membership goes last: a sweep that is cut short can be begun again.
        for left in self.memberships(room_id):
            for key in reversed(_keys(left)):
                self._client.delete_item(TableName=self._table, Key=key)

    def _get(self, room_id: str, username: str) -> Item | None:
        return self._client.get_item(TableName=self._table, Key=_key(room_id, username), ConsistentRead=True).get(
            "Item"
        )

    def _query(self, partition: str, after: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="roomId = :partition AND username > :after",
            ExpressionAttributeValues={":partition": s(partition), ":after": s(after)},
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def _room_item(self, change: Change) -> TransactWriteItemTypeDef:
        """The room's own row: made, removed with its last members, or there, with the number of its members."""
        key, more = _key(change.room_id, _ROOM_ITSELF), change.members_more
        if change.opens is not None:
            room = {"name": s(change.opens.name), "createdAt": n(change.opens.created_at_ms), "members": n(more)}
            return {
                "Put": {
                    "TableName": self._table,
                    "Item": {**key, **room},
                    "ConditionExpression": "attribute_not_exists(roomId)",
                }
            }
        if change.closes:
            return {
                "Delete": {
                    "TableName": self._table,
                    "Key": key,
                    "ConditionExpression": "members = :leaving",
                    "ExpressionAttributeValues": {":leaving": n(-more)},
                }
            }
        exists = "attribute_exists(roomId)"
        if more == 0:
            return {"ConditionCheck": {"TableName": self._table, "Key": key, "ConditionExpression": exists}}
        return {
            "Update": {
                "TableName": self._table,
                "Key": key,
                "UpdateExpression": "ADD members :more",
                "ConditionExpression": exists,
                "ExpressionAttributeValues": {":more": n(more)},
            }
        }

    def _step_items(self, step: Step) -> Iterator[TransactWriteItemTypeDef]:
        """The two rows of a membership, the first if it is what it was before."""
        membership = step.after or step.before
        assert membership is not None
        in_room, of_user = _keys(membership)
        if step.after is None:
            yield {"Delete": {"TableName": self._table, "Key": in_room, **_unchanged(step.before)}}
        else:
            item = {**in_room, **_attributes(step.after)}
            yield {"Put": {"TableName": self._table, "Item": item, **_unchanged(step.before)}}
        if step.after is None or step.after.status is Status.REJECTED:
            yield {"Delete": {"TableName": self._table, "Key": of_user}}
        else:
            yield {"Put": {"TableName": self._table, "Item": {**of_user, **_attributes(step.after)}}}

    def _check(self, membership: Membership) -> TransactWriteItemTypeDef:
        key = _key(membership.room_id, membership.user_id)
        return {"ConditionCheck": {"TableName": self._table, "Key": key, **_unchanged(membership)}}


class _Condition(TypedDict):
    """What a Put, Delete or ConditionCheck of a transaction may have besides the item."""

    ConditionExpression: str
    ExpressionAttributeNames: NotRequired[dict[str, str]]
    ExpressionAttributeValues: NotRequired[dict[str, AttributeValueTypeDef]]
    ReturnValuesOnConditionCheckFailure: NotRequired[Literal["ALL_OLD", "NONE"]]


def _unchanged(before: Membership | None) -> _Condition:
    """The condition that the row is as `before`, or absent."""
    if before is None:
        return {"ConditionExpression": "attribute_not_exists(roomId)"}
    return {
        "ConditionExpression": "#status = :status AND #role = :role AND #since = :since",
        "ExpressionAttributeNames": {"#status": "status", "#role": "role", "#since": "since"},
        "ExpressionAttributeValues": {
            ":status": s(before.status),
            ":role": s(before.role),
            ":since": n(before.since_ms),
        },
    }


def _keys(membership: Membership) -> tuple[dict[str, AttributeValueTypeDef], dict[str, AttributeValueTypeDef]]:
    """Of a membership's row in its room, and among its user's."""
    room_id = membership.room_id
    return _key(room_id, membership.user_id), _key(_of_user(membership.username), room_id)


def _key(room_id: str, username: str) -> dict[str, AttributeValueTypeDef]:
    return {"roomId": s(room_id), "username": s(username)}


def _of_user(username: str) -> str:
    return f"#user#{user_id(username)}"


def _attributes(membership: Membership) -> dict[str, AttributeValueTypeDef]:
    return {
        "name": s(membership.room_name),
        "spelling": s(membership.username),
        "role": s(membership.role),
        "status": s(membership.status),
        "since": n(membership.since_ms),
    }


def _membership(room_id: str, item: Item) -> Membership:
    return Membership(
        room_id,
        text(item, "name"),
        text(item, "spelling"),
        Role(text(item, "role")),
        Status(text(item, "status")),
        number(item, "since"),
    )
