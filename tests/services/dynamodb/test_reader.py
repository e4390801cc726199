from __future__ import annotations

import asyncio

import pytest

from cloudrig.engine.interfaces import StreamGone
from tests.services.dynamodb.conftest import Api


async def test_follows_a_stream_as_event_source_mappings_do(api: Api) -> None:
    reader = api.dynamodb.reader
    table = await api.table("NEW_IMAGE")
    await api.put(table, "a")
    arn = await api.stream_arn(table)
    assert await reader.exists(arn)
    (shard,) = await reader.shards(arn)
    latest = await reader.latest(arn, shard)
    await api.put(table, "b")
    await api.put(table, "c")
    while len(seen := await reader.read(arn, shard, None, 10)) < 3:
        await reader.wait(arn)
    assert [record.parsed()["dynamodb"]["NewImage"]["id"]["S"] for record in seen] == ["a", "b", "c"]
    assert await reader.read(arn, shard, latest, 1) == [seen[1]]
    assert await reader.read(arn, shard, seen[1].sequence_number, 10) == [seen[2]]
    assert seen[0].parsed()["eventSourceARN"] == arn


async def test_other_regions_are_reached_by_their_arns(api: Api) -> None:
    other = api.elsewhere("000000000000", "ap-southeast-2")
    table = await other.table("KEYS_ONLY")
    await other.put(table, "a")
    arn = await other.stream_arn(table)
    (shard,) = await api.dynamodb.reader.shards(arn)
    while not await api.dynamodb.reader.read(arn, shard, None, 10):
        await api.dynamodb.reader.wait(arn)


@pytest.mark.parametrize("arn", ["no arn", "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/2026"])
async def test_no_such_stream(api: Api, arn: str) -> None:
    assert not await api.dynamodb.reader.exists(arn)
    with pytest.raises(StreamGone):
        await api.dynamodb.reader.shards(arn)


async def test_deleting_the_table_wakes_and_ends_its_readers(api: Api) -> None:
    reader = api.dynamodb.reader
    table = await api.table("KEYS_ONLY")
    arn = await api.stream_arn(table)
    (shard,) = await reader.shards(arn)
    waiting = asyncio.create_task(reader.wait(arn))
    await asyncio.sleep(0)
    await api("DeleteTable", TableName=table)
    async with asyncio.timeout(2):
        await waiting
    with pytest.raises(StreamGone):
        await reader.read(arn, shard, None, 10)


async def test_a_stream_switched_off_is_read_to_its_end(api: Api) -> None:
    reader = api.dynamodb.reader
    table = await api.table("KEYS_ONLY")
    arn = await api.stream_arn(table)
    (shard,) = await reader.shards(arn)
    await api.put(table, "last")
    await api("UpdateTable", TableName=table, StreamSpecification={"StreamEnabled": False})
    (record,) = await reader.read(arn, shard, None, 10)
    with pytest.raises(StreamGone):
        await reader.read(arn, shard, record.sequence_number, 10)
