"""The times of each user's last sends, for the rate limit: an exact sliding window in one conditional write.

A row of the table Connections under a reserved `roomId` holds the times of the user's last `limit` sends, oldest
first. One more is admitted if the oldest lies outside the window, and takes its place: the list shifts by one. All
clauses of an update expression see the item as it was, SET beyond the end of a list appends and REMOVE closes the gap
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html). A new row starts
filled with zeros.

Both key attributes name the user, so that neither the table nor its index gets a partition that everybody's sends go
to, and the limit, so that a deployment with another one starts new rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from handlers.adapters.items import n, s
from handlers.chat.rate_limit import WINDOW_MS

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

Key: TypeAlias = "dict[str, AttributeValueTypeDef]"

_KEPT_S: Final = 3600


class RecentSendsTable:
    """Implements `handlers.chat.rate_limit.RecentSends`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def admit(self, user_id: str, limit: int, now_ms: int) -> bool:
        key = {"roomId": s(f"#sends#{user_id}"), "connectionId": s(f"#sends#{user_id}#{limit}")}
        # The second shift is for two first sends at once: the one that did not make the row finds it there.
        return self._shift(key, limit, now_ms) or self._start(key, limit, now_ms) or self._shift(key, limit, now_ms)

    def _shift(self, key: Key, limit: int, now_ms: int) -> bool:
        """Take the place of the oldest send; False where it lies within the window, or there is no row."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression=f"REMOVE recentSends[0] SET recentSends[{limit}] = :now, expiresAt = :expires",
                ConditionExpression="recentSends[0] <= :outside",
                ExpressionAttributeValues={
                    ":now": n(now_ms),
                    ":outside": n(now_ms - WINDOW_MS),
                    ":expires": _expiry(now_ms),
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _start(self, key: Key, limit: int, now_ms: int) -> bool:
        """Make the row with its first send; False where another send of the user has just made it."""
        times: AttributeValueTypeDef = {"L": [n(0)] * (limit - 1) + [n(now_ms)]}
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**key, "recentSends": times, "expiresAt": _expiry(now_ms)},
                ConditionExpression="attribute_not_exists(roomId)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _expiry(now_ms: int) -> AttributeValueTypeDef:
    return n(now_ms // 1000 + _KEPT_S)
