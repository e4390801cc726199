"""The chat as one scenario sees it: people of its own in a lobby that it shares with everybody else's."""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from scenarios.client import Accounts, ChatClient
from scenarios.patience import until

_BATCH = 25  # writes in one request


@dataclass(frozen=True)
class Account:
    """Somebody who has signed up and logged in."""

    username: str
    password: str
    token: str


class Chat:
    """Makes people and connections, and looks at tables; leaving it closes what it opened."""

    def __init__(self, outputs: dict[str, Any], aws: Callable[[str], Any]) -> None:
        self.accounts = Accounts(outputs["rest_url"])
        self._websocket_url = outputs["websocket_url"]
        self._connections_table = outputs["tables"]["Connections"]
        self._messages_table = outputs["tables"]["Messages"]
        self._rooms_table = outputs["tables"]["Rooms"]
        self._dynamodb = aws("dynamodb")
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Chat:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # --- people ---

    def name(self, who: str) -> str:
        """A user name that nobody else has: `ann-9f86d081`."""
        return f"{who}-{secrets.token_hex(4)}"

    async def account(self, who: str) -> Account:
        """Somebody new who has signed up and logged in."""
        username, password = self.name(who), secrets.token_urlsafe(12)
        signed_up = await self.accounts.sign_up(username, password)
        assert signed_up.status == 201, signed_up
        logged_in = await self.accounts.log_in(username, password)
        assert logged_in.status == 200, logged_in
        return Account(username, password, logged_in.body["token"])

    async def join(self, room: str, *people: str) -> list[ChatClient]:
        """Connect new guests, who cost no password hash: for stories that are not about accounts."""
        return [await self.connect(guest=self.name(who), room=room) for who in people]

    async def enter(self, account: Account, **more: Any) -> ChatClient:
        """Connect with an account's token."""
        return await self.connect(token=account.token, username=account.username, **more)

    async def connect(self, **how: Any) -> ChatClient:
        """As `ChatClient.connect`; closed at the end."""
        client = await ChatClient.connect(self._websocket_url, **how)
        return await self._stack.enter_async_context(client)

    # --- the table of connections ---

    async def rows(self, username: str, room: str = "lobby") -> list[dict[str, Any]]:
        """A user's rows in a room, in DynamoDB's own notation."""

        def read() -> list[dict[str, Any]]:
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._connections_table,
                KeyConditionExpression="roomId = :room",
                FilterExpression="username = :username",
                ExpressionAttributeValues={":room": {"S": room}, ":username": {"S": username}},
                ConsistentRead=True,
            )
            return [row for page in pages for row in page["Items"]]

        return await asyncio.to_thread(read)

    async def row(self, client: ChatClient) -> dict[str, Any]:
        """The row of somebody who has one connection."""
        (row,) = await self.rows(client.username, client.room)
        return row

    async def stored(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message of a room as the table has it, in DynamoDB's own notation."""
        key = {name: {"S": message[name]} for name in ("roomId", "messageId")}
        read = functools.partial(self._dynamodb.get_item, TableName=self._messages_table, Key=key, ConsistentRead=True)
        item: dict[str, Any] = (await asyncio.to_thread(read))["Item"]
        return item

    async def say_long_ago(self, room: str, said: Sequence[tuple[str, str]]) -> list[str]:
        """Write user names and texts straight into a room's history, as said a minute after each other; their ids."""
        ids = [f"01J00000000000000000{index:06}" for index in range(len(said))]
        items = [
            {
                "roomId": {"S": room},
                "messageId": {"S": ids[index]},
                "username": {"S": username},
                "text": {"S": text},
                "sentAt": {"N": str(1_717_200_000_000 + index * 60_000)},
            }
            for index, (username, text) in enumerate(said)
        ]
        await self._write(self._messages_table, items)
        return ids

    async def write_memberships(
        self, name: str, rows: Sequence[tuple[str, str, str]], *, status: str = "approved"
    ) -> None:
        """Write rows of members straight into the table of rooms.

        Args:
            name: the rooms'.
            rows: `roomId`, `username` (docs/chat.md, Tables) and the user's name as spelled.
        """
        items = [
            {
                "roomId": {"S": room_id},
                "username": {"S": username},
                "name": {"S": name},
                "spelling": {"S": spelling},
                "role": {"S": "member"},
                "status": {"S": status},
                "since": {"N": "1717200000000"},
            }
            for room_id, username, spelling in rows
        ]
        await self._write(self._rooms_table, items)

    async def _write(self, table: str, items: Sequence[dict[str, Any]]) -> None:
        for at in range(0, len(items), _BATCH):
            waiting = {table: [{"PutRequest": {"Item": item}} for item in items[at : at + _BATCH]]}
            while waiting:
                written = await asyncio.to_thread(self._dynamodb.batch_write_item, RequestItems=waiting)
                waiting = written.get("UnprocessedItems", {})

    async def listed(self, username: str, room: str) -> dict[str, Any]:
        """The row that says, among a user's own, that they are a member of the room."""
        key = {"roomId": {"S": f"#user#{username.lower()}"}, "username": {"S": room}}
        read = functools.partial(self._dynamodb.get_item, TableName=self._rooms_table, Key=key, ConsistentRead=True)
        item: dict[str, Any] = (await asyncio.to_thread(read))["Item"]
        return item

    async def list_again(self, row: dict[str, Any]) -> None:
        """Write such a row, as whoever has read it a moment ago still believes it to be."""
        await asyncio.to_thread(self._dynamodb.put_item, TableName=self._rooms_table, Item=row)

    async def put_back(self, row: dict[str, Any], *, age_s: int = 60) -> None:
        """Write a row as if `$disconnect` had never run for it, which is best effort on AWS. The chat is patient with
        connections that were made only seconds ago.
        """
        opened_ms = int(row["connectedAt"]["N"]) - age_s * 1000
        item = {**row, "connectedAt": {"N": str(opened_ms)}}
        await asyncio.to_thread(self._dynamodb.put_item, TableName=self._connections_table, Item=item)

    async def crowd(self, room: str, *, rows: int, row_bytes: int) -> None:
        """Fill the beginning, and the end, of a room with large rows of connections whose time is up."""
        for number in range(rows):
            item = {
                "roomId": {"S": room},
                "connectionId": {"S": f"{' ' if number % 2 else '~'}{number}"},
                "username": {"S": "nobody"},
                "connectedAt": {"N": "1"},
                "expiresAt": {"N": "2"},  # so long ago that DynamoDB does not delete it any more
                "padding": {"S": "x" * row_bytes},
            }
            await asyncio.to_thread(self._dynamodb.put_item, TableName=self._connections_table, Item=item)

    async def until_forgotten(self, client: ChatClient) -> None:
        """Wait until the user has no row left."""
        await until(lambda: self.rows(client.username, client.room), lambda rows: not rows, f"{client} has no row left")
