"""The table Users: `userId` (the user name in lower case), username, passwordHash, createdAt (ms)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.adapters.items import n, number, s, text
from handlers.chat.accounts import Account
from handlers.chat.usernames import user_id

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class UserTable:
    """Implements `handlers.chat.accounts.Users`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, account: Account) -> bool:
        item = {
            "userId": s(user_id(account.username)),
            "username": s(account.username),
            "passwordHash": s(account.password_hash),
            "createdAt": n(account.created_at_ms),
        }
        try:
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(userId)")
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def find(self, user_id: str) -> Account | None:
        item = self._client.get_item(TableName=self._table, Key={"userId": s(user_id)}, ConsistentRead=True).get("Item")
        if item is None:
            return None
        return Account(text(item, "username"), text(item, "passwordHash"), number(item, "createdAt"))
