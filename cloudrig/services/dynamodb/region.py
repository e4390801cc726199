"""DynamoDB in one account and region: dynoxide, what is remembered beside it, the streams, and requests to tables."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb import database
from cloudrig.services.dynamodb.client import Answer
from cloudrig.services.dynamodb.errors import Refused
from cloudrig.services.dynamodb.feed import Feed
from cloudrig.services.dynamodb.log import RETENTION_S
from cloudrig.services.dynamodb.process import Dynoxide
from cloudrig.services.dynamodb.state import Remembered, Stream, replace_file
from cloudrig.services.dynamodb.store import Store
from cloudrig.services.dynamodb.table_names import plain_names

READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"})
WRITES = frozenset(
    {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
    | {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}
)


class Region:
    """State of one scope. `declaring` is held by whoever changes tables and what is remembered of them."""

    def __init__(self, scope: Scope, folder: Path, dynoxide: Dynoxide, clock: Clock, events: Events) -> None:
        name = f"{scope.account}-{scope.region}"
        self.scope = scope
        self.clock = clock
        self.events = events
        self.store = Store(scope, dynoxide)
        self.remembered = Remembered()
        self.feeds: dict[str, Feed] = {}
        self.key_names: dict[str, list[str]] = {}
        self.ttl_attributes: dict[str, str] = {}
        self.declaring = asyncio.Lock()
        self.dynoxide = dynoxide
        self._database = database_path(folder, scope)
        self._state_file = folder / f"{name}.json"
        self._watched: list[tuple[bytes, Feed]] = []

    async def open(self) -> None:
        """Start dynoxide and find out what its file holds."""
        await self.dynoxide.start()
        await asyncio.to_thread(database.prepare, self._database, self.clock.now() - RETENTION_S)
        self.remembered = await asyncio.to_thread(Remembered.load, self._state_file)
        tables = await self.table_names()
        self.remembered.keep_only(tables)
        for table in tables:
            await self._recognise(table)
        for stream in self.remembered.streams:
            oldest = await asyncio.to_thread(database.first_position, self._database, stream.table)
            self.remembered.drop_removals(stream.table, before=oldest)
            await self._follow(stream)

    async def close(self) -> None:
        for feed in self.feeds.values():
            await feed.close()
        await self.dynoxide.close()

    # --- requests ---------------------------------------------------------------------------------------------------

    async def forward(self, operation: str, body: bytes) -> Answer:
        """A request for items, passed on byte for byte; streams that it may have written to are read at once."""
        if b"arn:aws:dynamodb:" in body:
            body = plain_names(self.scope, body)
        feeds = self._touched(body) if operation in WRITES and self._watched else ()
        if not feeds:
            return await self.store.send(operation, body)

        def then(answer: Answer | None) -> None:
            if answer is None or not 400 <= answer.status < 500:
                for feed in feeds:
                    feed.poke()

        return await self.store.send(operation, body, then)

    def _touched(self, body: bytes) -> Sequence[Feed]:
        """Feeds of the tables that a write may concern: those whose name occurs, which costs less than parsing.

        With a `\\u` escape a name may be there in disguise: then all of them.
        """
        disguised = b"\\u" in body
        return [feed for name, feed in self._watched if disguised or name in body]

    # --- tables -----------------------------------------------------------------------------------------------------

    async def table_names(self) -> list[str]:
        names: list[str] = []
        start: dict[str, Any] = {}
        while True:
            page = await self.store.call("ListTables", start)
            names += page["TableNames"]
            if "LastEvaluatedTableName" not in page:
                return names
            start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}

    def learn(self, description: dict[str, Any]) -> None:
        """Note what the engine itself needs of a table."""
        self.key_names[description["TableName"]] = [key["AttributeName"] for key in description["KeySchema"]]

    async def save(self) -> None:
        """Write down what is remembered. Hold `declaring`."""
        await asyncio.to_thread(replace_file, self._state_file, self.remembered.text())

    async def _recognise(self, table: str) -> None:
        streamed = await self.records_stream(table)
        ttl = (await self.store.call("DescribeTimeToLive", {"TableName": table}))["TimeToLiveDescription"]
        if ttl["TimeToLiveStatus"] == "ENABLED":
            self.ttl_attributes[table] = ttl["AttributeName"]
        declared = self.remembered.enabled_stream(table)
        if declared is not None and not streamed:  # the rig died between the note and the deed
            self.remembered.streams.remove(declared)

    async def stored_bytes(self) -> tuple[int, int]:
        """What is stored, indexes included, and what of it is backed up continuously (the tables alone)."""
        tables = await asyncio.to_thread(database.stored_bytes, self._database)
        stored = sum(items + indexed for items, indexed in tables.values())
        return stored, sum(tables[table][0] for table in self.remembered.backups if table in tables)

    # --- streams ----------------------------------------------------------------------------------------------------

    def enabled_feed(self, table: str) -> Feed | None:
        """The feed of a table's stream; None when it has none that is switched on."""
        return next((feed for _, feed in self._watched if feed.stream.table == table), None)

    async def begin_stream(self, table: str, view: str) -> Stream:
        """Declare a stream on a table that has none, before dynoxide records for it. Hold `declaring`."""
        start = await asyncio.to_thread(database.last_position, self._database, table)
        stream = Stream.begin(table, view, start, self.clock.now())
        self.remembered.streams.append(stream)
        await self.save()
        await self._follow(stream)
        return stream

    async def cancel_stream(self, stream: Stream) -> None:
        """Take back `begin_stream`: dynoxide refused the table. Hold `declaring`."""
        self.remembered.streams.remove(stream)
        await self.drop_feed(stream)
        await self.save()

    async def records_stream(self, table: str) -> bool:
        """Whether dynoxide has the table and records its stream."""
        try:
            description = (await self.store.call("DescribeTable", {"TableName": table}))["Table"]
        except Refused:
            return False
        self.learn(description)
        return bool(description.get("StreamSpecification", {}).get("StreamEnabled", False))

    async def end_stream(self, stream: Stream) -> None:
        """The stream was switched off; its records stay readable for 24 hours. Hold `declaring`."""
        feed = self.feeds[stream.arn(self.scope)]
        feed.poke()
        await feed.settled()
        stream.end, stream.closed_at = feed.position, self.clock.now()
        self._rewatch()
        await self.save()

    async def forget_old_streams(self) -> None:
        """Drop the streams that were switched off more than 24 hours ago."""
        horizon = self.clock.now() - RETENTION_S
        async with self.declaring:
            old = [stream for stream in self.remembered.streams if (stream.closed_at or horizon) < horizon]
            for stream in old:
                self.remembered.streams.remove(stream)
                await self.drop_feed(stream)
            if old:
                await self.save()

    async def drop_feed(self, stream: Stream) -> None:
        feed = self.feeds.pop(stream.arn(self.scope))
        self._rewatch()
        await feed.close()

    async def _follow(self, stream: Stream) -> None:
        newest = stream.end
        if newest is None:
            newest = await asyncio.to_thread(database.last_position, self._database, stream.table)
        removals = self.remembered.service_removals.setdefault(stream.table, set())
        feed = Feed(stream, self.scope, self.store, self.clock, self.events, removals, newest, self.key_names)
        self.feeds[feed.arn] = feed
        self._rewatch()

    def _rewatch(self) -> None:
        self._watched = [(feed.stream.table.encode(), feed) for feed in self.feeds.values() if feed.stream.end is None]


def database_path(folder: Path, scope: Scope) -> Path:
    return folder / f"{scope.account}-{scope.region}.sqlite"
