"""A real DynamoDB service on real dynoxide processes, spoken to on the wire's level."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.messages import Caller, Request, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.dynamodb.binary import find_binary
from cloudrig.services.dynamodb.service import DynamoDb

Members = dict[str, Any]
BINARY = find_binary()
_names = itertools.count(1)


class Failed(Exception):
    """An answer that is an error: `status`, `kind` (the full `__type`) and the members of the body."""

    def __init__(self, response: Response) -> None:
        self.members = json.loads(response.body)
        self.status = response.status
        self.kind: str = self.members["__type"]
        super().__init__(f"{self.status} {self.kind}: {self.members.get('message')}")


class Api:
    """A client in one account and region."""

    def __init__(self, dynamodb: DynamoDb, clock: Clock, scope: Scope = Scope()) -> None:
        self.dynamodb = dynamodb
        self.clock = clock
        self.scope = scope

    def elsewhere(self, account: str, region: str) -> Api:
        return Api(self.dynamodb, self.clock, Scope(account, region))

    async def send(self, operation: str, body: bytes, **headers: str) -> Response:
        proxy = CIMultiDictProxy(CIMultiDict(headers))
        return await self.dynamodb.tables.call(
            operation, Request("POST", "/", headers=proxy, body=body, caller=Caller(self.scope))
        )

    async def __call__(self, operation: str, **members: Any) -> Members:
        return _read(await self.send(operation, json.dumps(members).encode()))

    async def streams(self, operation: str, **members: Any) -> Members:
        request = Request("POST", "/", body=json.dumps(members).encode(), caller=Caller(self.scope))
        return _read(await self.dynamodb.streams.call(operation, request))

    async def table(self, view: str | None = None, *, sort: bool = False, **more: Any) -> str:
        """A new table with the string key `id` (and `sk`), streamed with a view; returns its name."""
        name = f"table-{next(_names)}"
        keys = {"id": "HASH", "sk": "RANGE"} if sort else {"id": "HASH"}
        stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}} if view else {}
        members: Members = {
            "TableName": name,
            "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "BillingMode": "PAY_PER_REQUEST",
        }
        await self("CreateTable", **{**members, **stream, **more})
        return name

    async def put(self, table: str, key: str, **attributes: Any) -> Members:
        return await self("PutItem", TableName=table, Item=item(key, **attributes))

    async def stream_arn(self, table: str) -> str:
        return str((await self("DescribeTable", TableName=table))["Table"]["LatestStreamArn"])

    async def records(self, arn: str) -> list[Members]:
        """Every record of a stream by the Streams API, from the trim horizon on."""
        (shard,) = (await self.streams("DescribeStream", StreamArn=arn))["StreamDescription"]["Shards"]
        start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = (await self.streams("GetShardIterator", **start))["ShardIterator"]
        found: list[Members] = []
        while True:
            page = await self.streams("GetRecords", ShardIterator=iterator)
            found += page["Records"]
            if not page["Records"]:
                return found
            iterator = page["NextShardIterator"]


def item(key: str, **attributes: Any) -> Members:
    """`item("a", n=1, text="x")` in DynamoDB's JSON; dicts are taken as they are."""
    return {"id": {"S": key}, **{name: _value(value) for name, value in attributes.items()}}


def _value(value: Any) -> Members:
    if isinstance(value, dict):
        return value
    return {"N": str(value)} if isinstance(value, int | float) else {"S": value}


def _read(response: Response) -> Members:
    if response.status != 200:
        raise Failed(response)
    members: Members = json.loads(response.body)
    return members


def freeze(pid: int) -> None:
    """Stop a child, and return when all of it stands still: the signal alone may leave a thread running for a while."""
    os.kill(pid, signal.SIGSTOP)
    os.waitpid(pid, os.WUNTRACED)


class Running:
    """Starts services on one folder, one after the other, and closes what is left."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.clock = Clock()
        self.processes = processes
        self._folder = folder
        self._services: list[DynamoDb] = []

    async def start(self) -> Api:
        assert BINARY is not None
        dynamodb = DynamoDb(BINARY, self._folder, self.processes, self.clock, Events(self.clock.now))
        self._services.append(dynamodb)
        await dynamodb.start()
        return Api(dynamodb, self.clock)

    async def stop(self) -> None:
        while self._services:
            await self._services.pop().close()


@pytest.fixture(scope="session")
async def processes() -> AsyncIterator[Processes]:
    if BINARY is None:
        pytest.skip("no dynoxide for this platform")
    async with Processes() as processes:
        yield processes


@pytest.fixture(scope="session")
async def api(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """A service shared by tests that use tables of their own and leave the clock alone."""
    running = Running(tmp_path_factory.mktemp("dynamodb"), processes)
    yield await running.start()
    await running.stop()


@pytest.fixture
async def running(processes: Processes, tmp_path: Path) -> AsyncIterator[Running]:
    """For tests that restart the service or move its clock."""
    running = Running(tmp_path, processes)
    yield running
    await running.stop()


@pytest.fixture
async def own(running: Running) -> Api:
    return await running.start()
