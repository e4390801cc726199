"""Kinesis streams of the upstream, read by polling.

A position is the sequence number last read, or a mark for where reading began (LATEST, AT_TIMESTAMP). Shard iterators
are only a cache of positions: one that the upstream has forgotten is made anew. A mark remembers the first record that
was read from it, so that a reader that starts again there finds it, however long ago that was.
Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

from cloudrig.engine.aws_json import CallFailed, JsonService
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import ShardEnded, StreamGone, StreamRecord, Upstream
from cloudrig.engine.names import Arn

POLL_S = 0.25
"""Four times a second, as AWS polls: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""
MAX_RECORDS = 10_000

_KINESIS = JsonService("kinesis", "Kinesis_20131202")
_PARENTS = ("ParentShardId", "AdjacentParentShardId")
_Position = tuple[str, str, str | None]


class KinesisReader:
    """Implements `interfaces.TimedStreamReader`. A consumer's ARN is read as its stream's."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._iterators: dict[_Position, str] = {}
        self._starts: dict[str, dict[str, Any]] = {}
        self._marks = itertools.count()
        self._closed: set[tuple[str, str]] = set()
        self._written = asyncio.Event()

    async def exists(self, stream_arn: str) -> bool:
        try:
            await self._call("DescribeStreamSummary", stream_arn)
        except StreamGone:
            return False
        return True

    async def shards(self, stream_arn: str) -> Mapping[str, Sequence[str]]:
        found: dict[str, Sequence[str]] = {}
        page = await self._call("ListShards", stream_arn)
        while True:
            for shard in page["Shards"]:
                found[shard["ShardId"]] = [shard[name] for name in _PARENTS if shard.get(name)]
                if "EndingSequenceNumber" in shard["SequenceNumberRange"]:
                    self._closed.add((stream_arn, shard["ShardId"]))
            if not page.get("NextToken"):
                return dict(sorted(found.items()))  # ids count up, so parents come first
            page = await self._call("ListShards", stream_arn, NextToken=page["NextToken"])

    async def latest(self, stream_arn: str, shard_id: str) -> str:
        now = time.time()  # the upstream's clock, which is not the rig's
        return await self._mark(stream_arn, shard_id, now, {"ShardIteratorType": "LATEST"})

    async def at_timestamp(self, stream_arn: str, shard_id: str, seconds: float) -> str:
        start = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": seconds}
        return await self._mark(stream_arn, shard_id, seconds, start)

    async def read(self, stream_arn: str, shard_id: str, after: str | None, limit: int) -> Sequence[StreamRecord]:
        position = (stream_arn, shard_id, after)
        iterator = self._iterators.get(position) or await self._iterator(position)
        try:
            page = await self._call("GetRecords", stream_arn, ShardIterator=iterator, Limit=min(limit, MAX_RECORDS))
        except UpstreamUnavailable:
            self._iterators.pop(position, None)  # the next read makes one from the sequence number
            raise
        records = [_to_record(stream_arn, shard_id, raw) for raw in page["Records"]]
        self._move(position, records, page.get("NextShardIterator"))
        closed = (stream_arn, shard_id) in self._closed and not page.get("MillisBehindLatest")  # moto goes on iterating
        if not records and (closed or not page.get("NextShardIterator")):
            raise ShardEnded
        return records

    async def wait(self, stream_arn: str) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._written.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        self._written.set()
        self._written = asyncio.Event()

    async def _mark(self, stream_arn: str, shard_id: str, since: float, start: dict[str, Any]) -> str:
        """A name for a place that has no record yet; `since` finds it again until its first record is known."""
        answer = await self._call("GetShardIterator", stream_arn, ShardId=shard_id, **start)
        mark = f"mark-{next(self._marks)}"
        self._starts[mark] = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": since}
        self._iterators[stream_arn, shard_id, mark] = answer["ShardIterator"]
        return mark

    async def _iterator(self, position: _Position) -> str:
        stream_arn, shard_id, after = position
        start: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            next_one = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
            start = self._starts.get(after, next_one)
        answer = await self._call("GetShardIterator", stream_arn, ShardId=shard_id, **start)
        return str(answer["ShardIterator"])

    def _move(self, position: _Position, records: Sequence[StreamRecord], iterator: str | None) -> None:
        """Note the iterator for where a read has come to."""
        stream_arn, shard_id, after = position
        self._iterators.pop(position, None)
        if records and after in self._starts:
            first = records[0].sequence_number
            self._starts[after] = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": first}
        if iterator is not None:
            reached = records[-1].sequence_number if records else after
            self._iterators[stream_arn, shard_id, reached] = iterator

    async def _call(self, operation: str, stream_arn: str, **members: Any) -> dict[str, Any]:
        """Raises StreamGone, UpstreamUnavailable."""
        arn = Arn.parse(stream_arn)
        if not members.keys() & {"ShardIterator", "NextToken"}:  # which say themselves what stream they are of
            members["StreamName"] = arn.resource.removeprefix("stream/").partition("/")[0]
        try:
            return await _KINESIS.call(self._upstream, arn.scope, operation, **members)
        except CallFailed as error:
            if error.code == "ResourceNotFoundException":
                raise StreamGone(stream_arn) from error
            raise UpstreamUnavailable(f"kinesis {operation}: {error}") from error


def _to_record(stream_arn: str, shard_id: str, raw: dict[str, Any]) -> StreamRecord:
    """A record of GetRecords in the form Lambda gives it to functions; `invokeIdentityArn` is the mapping's to add."""
    number, at = raw["SequenceNumber"], float(raw["ApproximateArrivalTimestamp"])
    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": raw["PartitionKey"],
            "sequenceNumber": number,
            "data": raw["Data"],
            "approximateArrivalTimestamp": round(at, 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{number}",
        "eventName": "aws:kinesis:record",
        "awsRegion": Arn.parse(stream_arn).region,
        "eventSourceARN": stream_arn,
    }
    return StreamRecord.of(number, at, record, raw["PartitionKey"])
