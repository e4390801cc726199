from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from cloudrig.engine.names import Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.dynamodb.errors import InternalServerError, Refused
from cloudrig.services.dynamodb.process import Dynoxide
from cloudrig.services.dynamodb.store import Store
from tests.services.dynamodb.conftest import BINARY, Api, Failed, Running, freeze


async def test_answers_name_the_callers_account_and_region(processes: Processes, tmp_path: Path) -> None:
    assert BINARY is not None
    dynoxide = Dynoxide(BINARY, tmp_path / "a.sqlite", processes)
    await dynoxide.start()
    store = Store(Scope("123456789012", "eu-west-1"), dynoxide)
    try:
        made = await store.call(
            "CreateTable",
            {
                "TableName": "Things",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        assert made["TableDescription"]["TableArn"] == "arn:aws:dynamodb:eu-west-1:123456789012:table/Things"
        with pytest.raises(Refused, match="ResourceNotFoundException"):
            await store.call("DescribeTable", {"TableName": "Missing"})
        assert await store.records("Things", 0, 10) == []
    finally:
        await dynoxide.close()


async def test_reads_are_repeated_when_the_process_dies(own: Api) -> None:
    table = await own.table()
    await own.put(table, "a", n=1)
    region = await own.dynamodb.region(own.scope)
    _kill(region.dynoxide)  # death from outside has no public face
    found = await own("GetItem", TableName=table, Key={"id": {"S": "a"}})
    assert found["Item"]["n"] == {"N": "1"}


async def test_nothing_acknowledged_is_lost_however_often_the_process_dies(running: Running) -> None:
    """Writers as SDKs are, trying again on 500; the process is killed under them, and the stream misses nothing."""
    api = await running.start()
    table = await api.table("NEW_IMAGE")
    region = await api.dynamodb.region(api.scope)
    acknowledged: list[str] = []

    async def write(writer: int) -> None:
        for number in range(60):
            while not await _put(api, table, f"{writer}-{number}"):
                pass
            acknowledged.append(f"{writer}-{number}")
            if len(acknowledged) % 60 == 0:
                _kill(region.dynoxide)

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        for writer in range(4):
            tasks.create_task(write(writer))
    stored = {entry["id"]["S"] for entry in (await api("Scan", TableName=table))["Items"]}
    assert stored == set(acknowledged)
    records = await api.records(await api.stream_arn(table))
    keys = [record["dynamodb"]["Keys"]["id"]["S"] for record in records]
    assert sorted(keys) == sorted(acknowledged), "each once, although some were written twice"
    sequence = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert sequence == sorted(set(sequence))


async def _put(api: Api, table: str, key: str) -> bool:
    """Whether the write was acknowledged. The only error a dying process may cause is one that SDKs repeat."""
    try:
        await api.put(table, key)
    except Failed as failure:
        if not failure.kind.endswith("#InternalServerError"):
            raise
        return False
    return True


def _kill(dynoxide: Dynoxide) -> None:
    assert dynoxide.pid is not None
    os.kill(dynoxide.pid, signal.SIGKILL)


async def test_a_write_under_way_when_the_process_died_is_not_repeated(own: Api) -> None:
    """Nobody knows whether it happened; the caller decides."""
    table = await own.table()
    region = await own.dynamodb.region(own.scope)
    dynoxide = region.dynoxide
    assert dynoxide.pid is not None
    freeze(dynoxide.pid)
    body = b'{"TableName":"%s","Item":{"id":{"S":"a"}}}' % table.encode()
    write = asyncio.create_task(region.store.send("PutItem", body))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(write), 0.05)
    _kill(dynoxide)
    with pytest.raises(InternalServerError, match="under way"):
        await write
