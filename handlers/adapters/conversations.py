"""Direct messages in the table Rooms: beside the memberships of a user, `#user#{id}`, stands each conversation, under
the peer's `@{id}`: name (the peer's), spelling (the user's own), role, status, since (ms), as a membership has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from handlers.adapters.items import n, s, text
from handlers.adapters.transactions import transact
from handlers.chat import direct
from handlers.chat.membership import Role, Status
from handlers.chat.usernames import user_id

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef


class ConversationTable:
    """Implements `handlers.chat.direct.Conversations`."""

    def __init__(self, client: DynamoDBClient, *, rooms: str, presence: str, users: str) -> None:
        """The arguments after the client are names of tables."""
        self._client = client
        self._rooms = rooms
        self._presence = presence
        self._users = users

    @classmethod
    def of(cls, client: DynamoDBClient, environ: Mapping[str, str]) -> ConversationTable:
        """With the tables that the environment names."""
        return cls(
            client, rooms=environ["ROOMS_TABLE"], presence=environ["PRESENCE_TABLE"], users=environ["USERS_TABLE"]
        )

    def is_known(self, username: str, peer_id: str) -> bool:
        answer = self._client.get_item(TableName=self._rooms, Key=_key(username, peer_id), ConsistentRead=True)
        return "Item" in answer

    def spelling(self, user_id: str) -> str | None:
        for table in (self._presence, self._users):
            answer = self._client.get_item(
                TableName=table,
                Key={"userId": s(user_id)},
                ProjectionExpression="username",  # and no password's hash
                ConsistentRead=True,
            )
            if "Item" in answer:
                return text(answer["Item"], "username")
        return None

    def begin(self, username: str, peer: str, now_ms: int) -> None:
        transact(self._client, [self._row(username, peer, now_ms), self._row(peer, username, now_ms)])

    def _row(self, username: str, peer: str, now_ms: int) -> TransactWriteItemTypeDef:
        item = {
            **_key(username, peer),
            "name": s(peer),
            "spelling": s(username),
            "role": s(Role.MEMBER),
            "status": s(Status.APPROVED),
            "since": n(now_ms),
        }
        return {"Put": {"TableName": self._rooms, "Item": item}}


def _key(username: str, peer: str) -> dict[str, AttributeValueTypeDef]:
    return {"roomId": s(f"#user#{user_id(username)}"), "username": s(direct.room_id_of(peer))}
