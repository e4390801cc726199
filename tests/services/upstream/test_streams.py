"""An upstream's streams by polling: order, positions that outlive iterators, no record passed over."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import ShardEnded, StreamGone, StreamRecord
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.upstream.moto import Moto
from cloudrig.services.upstream.streams import PollingStreamReader

SCOPE = Scope()


async def make_stream(moto: Moto, table: str, **key_types: str) -> str:
    """The ARN of the stream of a new table with these keys: `HASH`, `RANGE`."""
    made = await moto.call(
        "dynamodb",
        "create_table",
        SCOPE,
        TableName=table,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in key_types.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in key_types],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn: str = made["TableDescription"]["LatestStreamArn"]
    return arn


@pytest.fixture
async def stream_arn(moto: Moto) -> str:
    return await make_stream(moto, "t", k="HASH")


async def put(moto: Moto, *keys: str) -> None:
    for key in keys:
        await moto.call("dynamodb", "put_item", SCOPE, TableName="t", Item={"k": {"S": key}, "b": {"B": b"\x00"}})


async def read(reader: PollingStreamReader, arn: str, after: str | None, limit: int = 100) -> list[StreamRecord]:
    (shard,) = await reader.shards(arn)
    return list(await reader.read(arn, shard, after, limit))


def keys(records: list[StreamRecord]) -> list[str]:
    return [one.parsed()["dynamodb"]["Keys"]["k"]["S"] for one in records]


async def test_records_come_in_order_from_the_trim_horizon(moto: Moto, stream_arn: str) -> None:
    await put(moto, "a", "b", "c")
    reader = PollingStreamReader(moto, Clock())
    first = await read(reader, stream_arn, None, limit=2)
    rest = await read(reader, stream_arn, first[-1].sequence_number)
    assert keys(first) + keys(rest) == ["a", "b", "c"]


async def test_items_of_one_partition_have_one_partition_key(moto: Moto) -> None:
    """By which lanes keep their order; the sort key is no part of it."""
    arn = await make_stream(moto, "sorted", k="HASH", at="RANGE")
    for room, at in (("tea", "1"), ("tea", "2"), ("cake", "1")):
        item = {"k": {"S": room}, "at": {"S": at}}
        await moto.call("dynamodb", "put_item", SCOPE, TableName="sorted", Item=item)
    records = await read(PollingStreamReader(moto, Clock()), arn, None)
    first, second, third = (record.partition_key for record in records)
    assert first == second != third


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
    event: dict[str, Any] = record.parsed()
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


class FlakyUpstream:
    """Implements `interfaces.Upstream`: a shard of numbered records.

    Its iterators can be made to expire, it can be away for a while, and it closes.
    """

    url = "http://upstream"

    def __init__(self) -> None:
        self.records = 0
        self.closed = False
        self.away = False
        self.forgets_by = "ExpiredIteratorException"
        self.unknown_from: int | None = None
        self._iterators: dict[str, int] = {}

    def expire(self) -> None:
        """Forget every iterator, as after five minutes, or a restart."""
        self._iterators.clear()

    async def forward(self, request: Request) -> Response:
        raise NotImplementedError

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        if self.away:
            raise EndpointConnectionError(endpoint_url=self.url)
        if operation == "describe_stream":
            return {"StreamDescription": {"Shards": [], "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}}
        if operation == "get_shard_iterator":
            if self.unknown_from is not None and int(members.get("SequenceNumber", "0")) >= self.unknown_from:
                raise ClientError({"Error": {"Code": "ValidationException"}}, "GetShardIterator")
            return {"ShardIterator": self._iterator(int(members.get("SequenceNumber", "0")))}
        assert operation == "get_records"
        if members["ShardIterator"] not in self._iterators:
            raise ClientError({"Error": {"Code": self.forgets_by}}, "GetRecords")
        after = self._iterators[members["ShardIterator"]]
        last = min(self.records, after + members["Limit"])
        page: dict[str, Any] = {"Records": [_record(number) for number in range(after + 1, last + 1)]}
        if not (self.closed and last == self.records):
            page["NextShardIterator"] = self._iterator(last)
        return page

    def _iterator(self, after: int) -> str:
        name = f"i{len(self._iterators)}-{after}"
        self._iterators[name] = after
        return name


def _record(number: int) -> dict[str, Any]:
    change = {"Keys": {"k": {"S": str(number)}}, "SequenceNumber": f"{number:021}"}
    change["ApproximateCreationDateTime"] = datetime.now(UTC)  # type: ignore[assignment]
    about = dict.fromkeys(("eventID", "eventName", "eventVersion", "eventSource", "awsRegion"), "x")
    return {**about, "dynamodb": change}


async def drained(reader: PollingStreamReader, after: str | None) -> tuple[list[str], str | None]:
    """Everything that a reader patient with empty pages gets, and where it ends."""
    found: list[str] = []
    for _ in range(6):
        try:
            records = await reader.read(STREAM, "shard", after, 2)
        except UpstreamUnavailable:
            continue
        found += keys(list(records))
        after = records[-1].sequence_number if records else after
    return found, after


STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "TrimmedDataAccessException", "InternalServerError"])
async def test_expired_iterators_and_an_upstream_that_was_away_lose_nothing(code: str) -> None:
    """Whatever an upstream says of an iterator that it has forgotten, as after a restart."""
    upstream = FlakyUpstream()
    upstream.forgets_by = code
    reader = PollingStreamReader(upstream, Clock())
    upstream.records = 3
    first, after = await drained(reader, None)
    upstream.expire()
    upstream.records = 5
    second, after = await drained(reader, after)
    upstream.away = True
    with pytest.raises(UpstreamUnavailable):  # who reads asks again
        await reader.read(STREAM, "shard", after, 2)
    upstream.away = False
    upstream.expire()
    upstream.records = 6
    third, _ = await drained(reader, after)
    assert first + second + third == ["1", "2", "3", "4", "5", "6"]


async def test_a_closed_shard_is_read_to_its_end() -> None:
    upstream = FlakyUpstream()
    upstream.records, upstream.closed = 3, True
    reader = PollingStreamReader(upstream, Clock())
    first = await reader.read(STREAM, "shard", None, 2)
    rest = await reader.read(STREAM, "shard", first[-1].sequence_number, 2)
    assert keys([*first, *rest]) == ["1", "2", "3"]
    for _ in range(2):
        with pytest.raises(ShardEnded):
            await reader.read(STREAM, "shard", rest[-1].sequence_number, 2)


async def test_an_upstream_that_no_longer_knows_a_position_gives_what_it_has() -> None:
    """One that was started again without its records: what it wrote since is not passed over."""
    upstream = FlakyUpstream()
    upstream.records = 5
    reader = PollingStreamReader(upstream, Clock())
    _, after = await drained(reader, None)
    upstream.expire()
    upstream.records, upstream.unknown_from = 2, 3
    assert (await drained(reader, after))[0] == ["1", "2"]
