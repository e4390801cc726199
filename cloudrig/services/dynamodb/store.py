"""One account and region's dynoxide: requests to it, and what the engine itself asks of it.

dynoxide keeps one account and one region, which it calls `000000000000` and `dynoxide`. Here they get the names the
caller knows, in answers that describe tables and in error texts, never in items.
"""

from __future__ import annotations

import base64
import functools
import json
import logging
from collections.abc import Sequence
from typing import Any

from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb.client import Answer, ConnectionLost, Then, Unreachable
from cloudrig.services.dynamodb.errors import InternalServerError, Refused
from cloudrig.services.dynamodb.process import Dynoxide

log = logging.getLogger(__name__)

_ATTEMPTS = 4
_ITS_SCOPE = b":dynoxide:000000000000:"

REPEATABLE = frozenset(
    {"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "DescribeTable", "DescribeTimeToLive"}
    | {"GetRecords", "GetShardIterator", "ListTables", "ListTagsOfResource"}
)
"""Operations that may be sent again when a connection broke half-way."""


class Store:
    """What the services' code sees of dynoxide."""

    def __init__(self, scope: Scope, dynoxide: Dynoxide) -> None:
        self._dynoxide = dynoxide
        self._scope_text = f":{scope.region}:{scope.account}:".encode()

    async def send(self, operation: str, body: bytes, then: Then | None = None) -> Answer:
        """Send a request as it is. `then` is called once it has been carried out, or may have been.

        A request that never reached a process is sent again, and so is any that only reads. Raises InternalServerError
        for a write that was under way when the process died; SDKs try those again, as they do with AWS.
        """
        message = b"%s%d\r\n\r\n%s" % (_head(operation), len(body), body)
        for _ in range(_ATTEMPTS):
            client = await self._dynoxide.client()
            try:
                return await client.send(message, then)
            except Unreachable:
                await self._dynoxide.replaced(client)
            except ConnectionLost:
                await self._dynoxide.replaced(client)
                if operation not in REPEATABLE:
                    raise InternalServerError("The request was under way when the database process ended") from None
        raise InternalServerError("The database process ended each time the request was sent")

    async def call(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """Carry out an operation on tables and read its answer. Raises Refused, InternalServerError."""
        answer = await self.send(operation, json.dumps(members).encode())
        body = answer.body.replace(_ITS_SCOPE, self._scope_text)
        return _members(answer.status, body)

    async def call_items(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """Carry out an operation on items, whose contents nobody may change, and read its answer. Raises as `call`."""
        answer = await self.send(operation, json.dumps(members).encode())
        return _members(answer.status, answer.body)

    async def records(self, table: str, after: int, limit: int) -> Sequence[dict[str, Any]]:
        """Records of a table's stream after a position, as dynoxide forms them. Positions count up per table name.

        Raises Refused when the table does not exist.
        """
        answer = await self.call_items("GetRecords", {"ShardIterator": _iterator(table, after), "Limit": limit})
        records: list[dict[str, Any]] = answer["Records"]
        return records


def _members(status: int, body: bytes) -> dict[str, Any]:
    if status != 200:
        raise Refused(status, body)
    members: dict[str, Any] = json.loads(body)
    return members


def _iterator(table: str, position: int) -> str:
    """A shard iterator as dynoxide 1.2.1 writes it; asking for each one would double the requests."""
    content = {"table_name": table, "shard_id": f"shardId-00000001-{table}", "position": position}
    return base64.b64encode(json.dumps(content).encode()).decode()


@functools.cache
def _head(operation: str) -> bytes:
    """The request's head up to the length of its body. dynoxide wants a signature to be there and looks no further."""
    api = "DynamoDBStreams_20120810" if operation in ("GetRecords", "GetShardIterator") else "DynamoDB_20120810"
    lines = (
        "POST / HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/x-amz-json-1.0",
        f"X-Amz-Target: {api}.{operation}",
        "X-Amz-Date: 20260101T000000Z",
        "Authorization: AWS4-HMAC-SHA256 Credential=rig/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "Content-Length: ",
    )
    return "\r\n".join(lines).encode()
