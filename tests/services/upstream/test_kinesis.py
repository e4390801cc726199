"""An upstream's Kinesis streams by polling: order, positions that outlive iterators, no record passed over."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from cloudrig.engine.interfaces import ShardEnded, StreamGone, StreamRecord
from cloudrig.engine.names import Scope
from cloudrig.services.upstream.kinesis import KinesisReader
from cloudrig.services.upstream.moto import Moto

SCOPE = Scope()
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
SHARD = "shardId-000000000000"


@pytest.fixture
async def reader(moto: Moto) -> KinesisReader:
    await moto.call("kinesis", "create_stream", SCOPE, StreamName="s", ShardCount=2)
    return KinesisReader(moto)


async def put(moto: Moto, *texts: str) -> None:
    for text in texts:
        await moto.call(
            "kinesis", "put_record", SCOPE, StreamName="s", Data=text.encode(), PartitionKey="p", ExplicitHashKey="0"
        )


def texts(records: Sequence[StreamRecord]) -> list[str]:
    return [record.parsed()["kinesis"]["data"] for record in records]


async def test_records_have_the_form_functions_get(moto: Moto, reader: KinesisReader) -> None:
    await put(moto, "hello")
    (record,) = await reader.read(ARN, SHARD, None, 100)
    content = record.parsed()
    assert content["kinesis"].pop("approximateArrivalTimestamp") == pytest.approx(time.time(), abs=60)
    assert record.partition_key == "p"
    assert content == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "p",
            "sequenceNumber": record.sequence_number,
            "data": "aGVsbG8=",
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{SHARD}:{record.sequence_number}",
        "eventName": "aws:kinesis:record",
        "awsRegion": "us-east-1",
        "eventSourceARN": ARN,
    }


async def test_shards_and_existence(reader: KinesisReader) -> None:
    assert await reader.exists(ARN)
    assert not await reader.exists(ARN + "x")
    for arn in (ARN, ARN + "/consumer/c:1"):
        assert await reader.shards(arn) == {SHARD: [], "shardId-000000000001": []}
    with pytest.raises(StreamGone):
        await reader.shards(ARN + "x")


async def test_shards_that_were_merged(moto: Moto, reader: KinesisReader) -> None:
    """The new one names its parents, and those have an end."""
    left, right = await reader.shards(ARN)
    await moto.call("kinesis", "merge_shards", SCOPE, StreamName="s", ShardToMerge=left, AdjacentShardToMerge=right)
    shards = await reader.shards(ARN)
    assert shards == {left: [], right: [], "shardId-000000000002": [left, right]}
    with pytest.raises(ShardEnded):
        await reader.read(ARN, left, None, 100)
    assert await reader.read(ARN, "shardId-000000000002", None, 100) == []


async def test_a_position_outlives_the_reader(moto: Moto, reader: KinesisReader) -> None:
    await put(moto, "a", "b", "c")
    first = await reader.read(ARN, SHARD, None, 1)
    assert texts(await reader.read(ARN, SHARD, first[0].sequence_number, 1)) == ["Yg=="]
    assert texts(await KinesisReader(moto).read(ARN, SHARD, first[0].sequence_number, 9)) == ["Yg==", "Yw=="]


async def test_latest_skips_what_was_there_and_can_be_read_again(moto: Moto, reader: KinesisReader) -> None:
    """A mapping that is disabled before its first batch is done begins again at the same place."""
    await put(moto, "old")
    mark = await reader.latest(ARN, SHARD)
    assert await reader.read(ARN, SHARD, mark, 100) == []
    await put(moto, "new")
    assert texts(await reader.read(ARN, SHARD, mark, 100)) == ["bmV3"]
    await put(moto, "newer")
    assert texts(await reader.read(ARN, SHARD, mark, 100)) == ["bmV3", "bmV3ZXI="]


async def test_from_a_point_in_time(moto: Moto, reader: KinesisReader) -> None:
    await put(moto, "a")
    mark = await reader.at_timestamp(ARN, SHARD, time.time() - 60)
    assert texts(await reader.read(ARN, SHARD, mark, 100)) == ["YQ=="]
    later = await reader.at_timestamp(ARN, SHARD, time.time() + 60)
    assert await reader.read(ARN, SHARD, later, 100) == []


async def test_wake_ends_a_wait(reader: KinesisReader) -> None:
    import asyncio

    waiting = asyncio.ensure_future(reader.wait(ARN))
    await asyncio.sleep(0)
    reader.wake()
    await waiting
