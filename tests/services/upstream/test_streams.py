"""An upstream's streams by polling: order, positions that outlive iterators, no record passed over."""

from typing import Any

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import StreamGone, StreamRecord
from cloudrig.engine.names import Scope
from cloudrig.services.upstream.moto import Moto
from cloudrig.services.upstream.streams import PollingStreamReader

SCOPE = Scope()


@pytest.fixture
async def stream_arn(moto: Moto) -> str:
    made = await moto.call(
        "dynamodb",
        "create_table",
        SCOPE,
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn: str = made["TableDescription"]["LatestStreamArn"]
    return arn


async def put(moto: Moto, *keys: str) -> None:
    for key in keys:
        await moto.call("dynamodb", "put_item", SCOPE, TableName="t", Item={"k": {"S": key}, "b": {"B": b"\x00"}})


async def read(reader: PollingStreamReader, arn: str, after: str | None, limit: int = 100) -> list[StreamRecord]:
    (shard,) = await reader.shards(arn)
    return list(await reader.read(arn, shard, after, limit))


def keys(records: list[StreamRecord]) -> list[str]:
    return [one.record["dynamodb"]["Keys"]["k"]["S"] for one in records]


async def test_records_come_in_order_from_the_trim_horizon(moto: Moto, stream_arn: str) -> None:
    await put(moto, "a", "b", "c")
    reader = PollingStreamReader(moto, Clock())
    first = await read(reader, stream_arn, None, limit=2)
    rest = await read(reader, stream_arn, first[-1].sequence_number)
    assert keys(first) + keys(rest) == ["a", "b", "c"]


async def test_a_position_outlives_the_reader(moto: Moto, stream_arn: str) -> None:
    await put(moto, "a", "b")
    first = await read(PollingStreamReader(moto, Clock()), stream_arn, None, limit=1)
    assert keys(await read(PollingStreamReader(moto, Clock()), stream_arn, first[-1].sequence_number)) == ["b"]


async def test_latest_skips_what_was_there(moto: Moto, stream_arn: str) -> None:
    await put(moto, "old")
    reader = PollingStreamReader(moto, Clock())
    (shard,) = await reader.shards(stream_arn)
    position = await reader.latest(stream_arn, shard)
    assert await read(reader, stream_arn, position) == []
    await put(moto, "new")
    assert keys(await read(reader, stream_arn, position)) == ["new"]
    await put(moto, "newer")
    assert keys(await read(reader, stream_arn, position)) == ["new", "newer"], "the mark stays where it was"


async def test_records_have_the_form_functions_get(moto: Moto, stream_arn: str) -> None:
    await put(moto, "a")
    (record,) = await read(PollingStreamReader(moto, Clock()), stream_arn, None)
    event: dict[str, Any] = record.record
    assert event["eventName"] == "INSERT"
    assert event["eventSourceARN"] == stream_arn
    assert event["dynamodb"]["NewImage"] == {"k": {"S": "a"}, "b": {"B": "AA=="}}
    assert isinstance(event["dynamodb"]["ApproximateCreationDateTime"], int)


async def test_a_stream_that_is_not_there_is_gone(moto: Moto) -> None:
    reader = PollingStreamReader(moto, Clock())
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/2026-01-01T00:00:00.000"
    assert not await reader.exists(arn)
    with pytest.raises(StreamGone):
        await reader.shards(arn)
