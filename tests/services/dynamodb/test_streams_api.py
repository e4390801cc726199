from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.dynamodb.streams_api import Iterator
from tests.services.dynamodb.conftest import Api, Failed

KEY = {"id": {"S": "a"}}


class Reading:
    """The shard of a table's stream, read through the API."""

    def __init__(self, api: Api, arn: str, shard: dict[str, Any]) -> None:
        self.api = api
        self.arn = arn
        self.shard_id: str = shard["ShardId"]
        self.first: str = shard["SequenceNumberRange"]["StartingSequenceNumber"]

    async def iterator(self, kind: str, **more: Any) -> str:
        members = {"StreamArn": self.arn, "ShardId": self.shard_id, "ShardIteratorType": kind, **more}
        return str((await self.api.streams("GetShardIterator", **members))["ShardIterator"])

    async def page(self, iterator: str, **more: Any) -> tuple[list[str], str]:
        """Keys of the records, and the iterator to go on with."""
        page = await self.api.streams("GetRecords", ShardIterator=iterator, **more)
        return [record["dynamodb"]["Keys"]["id"]["S"] for record in page["Records"]], page["NextShardIterator"]


async def _reading(api: Api, table: str) -> Reading:
    arn = await api.stream_arn(table)
    (shard,) = (await api.streams("DescribeStream", StreamArn=arn))["StreamDescription"]["Shards"]
    return Reading(api, arn, shard)


async def test_description(api: Api) -> None:
    table = await api.table("NEW_IMAGE", sort=True)
    arn = await api.stream_arn(table)
    description = (await api.streams("DescribeStream", StreamArn=arn))["StreamDescription"]
    (shard,) = description.pop("Shards")
    assert len(shard["ShardId"]) >= 28
    assert len(shard["SequenceNumberRange"]["StartingSequenceNumber"]) >= 21
    assert "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    assert description.pop("CreationRequestDateTime") == pytest.approx(api.clock.now(), abs=60)
    assert description == {
        "StreamArn": arn,
        "StreamLabel": arn.rpartition("/")[2],
        "StreamStatus": "ENABLED",
        "StreamViewType": "NEW_IMAGE",
        "TableName": table,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    }
    rest = await api.streams("DescribeStream", StreamArn=arn, ExclusiveStartShardId=shard["ShardId"])
    assert rest["StreamDescription"]["Shards"] == []


async def test_listing_in_pages(api: Api) -> None:
    """Streams of other tables may be there as well; a table's own is found by its name."""
    tables = [await api.table("KEYS_ONLY") for _ in range(3)]
    found: list[str] = []
    start: dict[str, str] = {}
    while True:
        page = await api.streams("ListStreams", Limit=2, **start)
        assert len(page["Streams"]) <= 2
        found += [stream["TableName"] for stream in page["Streams"]]
        if "LastEvaluatedStreamArn" not in page:
            break
        start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
    assert set(tables) <= set(found)
    assert len(found) == len(set(found))
    (stream,) = (await api.streams("ListStreams", TableName=tables[1]))["Streams"]
    assert stream["StreamArn"] == await api.stream_arn(tables[1])


async def test_four_kinds_of_iterator(api: Api) -> None:
    table = await api.table("KEYS_ONLY")
    for key in "abc":
        await api.put(table, key)
    reading = await _reading(api, table)
    records = await api.records(reading.arn)
    second = records[1]["dynamodb"]["SequenceNumber"]
    latest = await reading.iterator("LATEST")
    assert (await reading.page(await reading.iterator("TRIM_HORIZON")))[0] == ["a", "b", "c"]
    at = await reading.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=second)
    assert (await reading.page(at))[0] == ["b", "c"]
    after = await reading.iterator("AFTER_SEQUENCE_NUMBER", SequenceNumber=second)
    assert (await reading.page(after))[0] == ["c"]
    assert (await reading.page(latest))[0] == []
    await api.put(table, "d")
    assert (await reading.page(latest))[0] == ["d"]


async def test_following_in_pages(api: Api) -> None:
    table = await api.table("KEYS_ONLY")
    for key in "abcde":
        await api.put(table, key)
    reading = await _reading(api, table)
    iterator = await reading.iterator("TRIM_HORIZON")
    pages = []
    for _ in range(4):
        keys, iterator = await reading.page(iterator, Limit=2)
        pages.append(keys)
    assert pages == [["a", "b"], ["c", "d"], ["e"], []]


async def test_an_iterator_serves_for_15_minutes(own: Api) -> None:
    table = await own.table("KEYS_ONLY")
    reading = await _reading(own, table)
    iterator = await reading.iterator("LATEST")
    own.clock.advance(15 * 60 - 5)
    await reading.page(iterator)
    own.clock.advance(10)
    with pytest.raises(Failed) as failure:
        await reading.page(iterator)
    assert failure.value.kind == "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException"


async def test_what_is_older_than_a_day_is_trimmed(own: Api) -> None:
    """The trim horizon moves on; a number from before it is refused."""
    table = await own.table("KEYS_ONLY")
    await own.put(table, "old")
    reading = await _reading(own, table)
    (old,) = await own.records(reading.arn)
    number = old["dynamodb"]["SequenceNumber"]
    own.clock.advance(24 * 3600 + 1)
    assert (await reading.page(await reading.iterator("TRIM_HORIZON")))[0] == []
    with pytest.raises(Failed) as failure:
        await reading.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=number)
    assert failure.value.kind == "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException"


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("AT_SEQUENCE_NUMBER", {}, "SequenceNumber is required"),
        ("AFTER_SEQUENCE_NUMBER", {"SequenceNumber": "123456789012345678901234"}, "Invalid SequenceNumber"),
        ("AT_SEQUENCE_NUMBER", {"SequenceNumber": "x" * 21}, "Invalid SequenceNumber"),
        ("NEWEST", {}, "Member must satisfy enum value set"),
    ],
)
async def test_iterators_that_make_no_sense(api: Api, kind: str, more: dict[str, str], text: str) -> None:
    reading = await _reading(api, await api.table("KEYS_ONLY"))
    with pytest.raises(Failed, match=text) as failure:
        await reading.iterator(kind, **more)
    assert failure.value.kind == "com.amazon.coral.validate#ValidationException"


async def test_streams_and_shards_that_are_not_there(api: Api) -> None:
    reading = await _reading(api, await api.table("KEYS_ONLY"))
    missing = reading.arn + "9"
    with pytest.raises(Failed, match="Requested resource not found: Stream") as failure:
        await api.streams("DescribeStream", StreamArn=missing)
    assert failure.value.kind == "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
    reading.shard_id = reading.shard_id.replace("shardId-0", "shardId-1")
    with pytest.raises(Failed, match="Requested resource not found: Shard"):
        await reading.iterator("LATEST")
    with pytest.raises(Failed, match="Invalid ShardIterator"):
        await api.streams("GetRecords", ShardIterator="made|up|iterator")


def test_iterator_is_read_as_it_was_written() -> None:
    iterator = Iterator("arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/l", "shardId-1", 7, 1.5)
    assert Iterator.parse(iterator.text()) == iterator
