"""DynamoDB streams of the upstream, read by polling (LocalStack, moto where no dynoxide binary exists).

A position is the sequence number last read, or a mark for where LATEST began, which remembers the first record that was
read from it. Shard iterators are only a cache of positions: one that the upstream has forgotten (expiry, restart) is
made anew from the sequence number, so nothing is passed over.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import ShardEnded, StreamGone, StreamRecord, Upstream
from cloudrig.engine.names import Arn

log = logging.getLogger(__name__)

POLL_MIN_S = 0.05
POLL_MAX_S = 0.5
_NEWEST = "newest-"  # positions before the first record that a LATEST iterator will give
_FORGOTTEN = frozenset({"ExpiredIteratorException", "TrimmedDataAccessException", "ValidationException"})

_Position = tuple[str, str, str | None]


class PollingStreamReader:
    """Implements `interfaces.StreamReader` on the upstream's Streams API."""

    def __init__(self, upstream: Upstream, clock: Clock) -> None:
        self._upstream = upstream
        self._clock = clock
        self._iterators: dict[_Position, str] = {}
        self._firsts: dict[str, str] = {}
        self._delays: dict[str, float] = {}
        self._partition_keys: dict[str, str] = {}
        self._marks = itertools.count()

    async def exists(self, stream_arn: str) -> bool:
        try:
            await self._call("describe_stream", stream_arn, StreamArn=stream_arn, Limit=1)
        except StreamGone:
            return False
        return True

    async def shards(self, stream_arn: str) -> Mapping[str, Sequence[str]]:
        found: list[dict[str, Any]] = []
        start: dict[str, str] = {}
        while True:
            page = await self._call("describe_stream", stream_arn, StreamArn=stream_arn, **start)
            description = page["StreamDescription"]
            found.extend(description["Shards"])
            self._partition_keys[stream_arn] = _partition_key(description)
            if "LastEvaluatedShardId" not in description:
                return _parents_first(found)
            start = {"ExclusiveStartShardId": description["LastEvaluatedShardId"]}

    async def latest(self, stream_arn: str, shard_id: str) -> str:
        answer = await self._call(
            "get_shard_iterator", stream_arn, StreamArn=stream_arn, ShardId=shard_id, ShardIteratorType="LATEST"
        )
        position = f"{_NEWEST}{next(self._marks)}"
        self._iterators[stream_arn, shard_id, position] = answer["ShardIterator"]
        return position

    async def read(self, stream_arn: str, shard_id: str, after: str | None, limit: int) -> Sequence[StreamRecord]:
        page = await self._page((stream_arn, shard_id, after), limit)
        if page is None:
            return []
        partition_key = await self._partition_key(stream_arn) if page["Records"] else ""
        records = [_to_record(stream_arn, one, partition_key) for one in page["Records"]]
        if records:
            self._delays[stream_arn] = POLL_MIN_S
        position = records[-1].sequence_number if records else after
        self._iterators.pop((stream_arn, shard_id, after), None)
        if records and after is not None and after.startswith(_NEWEST):
            self._firsts[after] = records[0].sequence_number
        if page.get("NextShardIterator"):
            self._iterators[stream_arn, shard_id, position] = page["NextShardIterator"]
        elif not records:
            raise ShardEnded
        return records

    async def _partition_key(self, stream_arn: str) -> str:
        """The name of the table's."""
        if stream_arn not in self._partition_keys:
            page = await self._call("describe_stream", stream_arn, StreamArn=stream_arn, Limit=1)
            self._partition_keys[stream_arn] = _partition_key(page["StreamDescription"])
        return self._partition_keys[stream_arn]

    async def wait(self, stream_arn: str) -> None:
        delay = self._delays.get(stream_arn, POLL_MIN_S)
        self._delays[stream_arn] = min(delay * 2, POLL_MAX_S)
        await asyncio.sleep(delay)

    async def _page(self, position: _Position, limit: int) -> dict[str, Any] | None:
        iterator = self._iterators.get(position) or await self._iterator(position)
        try:
            return await self._call("get_records", position[0], ShardIterator=iterator, Limit=min(limit, 1000))
        except ClientError as error:
            log.info("a position in stream %s is made anew: %s", position[0], error)
            self._iterators.pop(position, None)
            return None  # the next read makes an iterator from the sequence number
        except UpstreamUnavailable:
            if position[2] is None or position[2] in self._firsts or not position[2].startswith(_NEWEST):
                self._iterators.pop(position, None)  # it may be of before a restart; another is had for the asking
            raise

    async def _iterator(self, position: _Position) -> str:
        stream_arn, shard_id, after = position
        start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after in self._firsts:
            start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": self._firsts[after]}
        elif after is not None and not after.startswith(_NEWEST):
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        try:
            answer = await self._call("get_shard_iterator", stream_arn, StreamArn=stream_arn, ShardId=shard_id, **start)
        except ClientError:  # the position is trimmed, or unknown to an upstream that lost its records
            answer = await self._call(
                "get_shard_iterator",
                stream_arn,
                StreamArn=stream_arn,
                ShardId=shard_id,
                ShardIteratorType="TRIM_HORIZON",
            )
        iterator: str = answer["ShardIterator"]
        return iterator

    async def _call(self, operation: str, stream_arn: str, **members: Any) -> dict[str, Any]:
        try:
            return await self._upstream.call("dynamodbstreams", operation, Arn.parse(stream_arn).scope, **members)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise StreamGone(stream_arn) from error
            if error.response["Error"]["Code"] in _FORGOTTEN:
                raise
            raise UpstreamUnavailable(str(error)) from error  # throttled, most likely
        except BotoCoreError as error:
            raise UpstreamUnavailable(str(error)) from error


def _parents_first(shards: list[dict[str, Any]]) -> dict[str, Sequence[str]]:
    parents = {shard["ShardId"]: shard.get("ParentShardId") for shard in shards}
    ordered: dict[str, Sequence[str]] = {}

    def add(shard_id: str) -> None:
        parent = parents[shard_id]
        if parent is not None and parent in parents and parent not in ordered:
            add(parent)
        ordered[shard_id] = [parent] if parent else []

    for shard_id in parents:
        add(shard_id)
    return ordered


def _partition_key(description: dict[str, Any]) -> str:
    name: str = next(key["AttributeName"] for key in description["KeySchema"] if key["KeyType"] == "HASH")
    return name


def _to_record(stream_arn: str, record: dict[str, Any], partition_key: str) -> StreamRecord:
    """A record of the Streams API in the form Lambda gives it to functions."""
    change = dict(record["dynamodb"])
    created: datetime = change["ApproximateCreationDateTime"]
    change["ApproximateCreationDateTime"] = int(created.timestamp())
    event: dict[str, Any] = {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": record["eventVersion"],
        "eventSource": record["eventSource"],
        "awsRegion": record["awsRegion"],
        "dynamodb": _plain(change),
        "eventSourceARN": stream_arn,
    }
    if identity := record.get("userIdentity"):
        event["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return StreamRecord.of(change["SequenceNumber"], created.timestamp(), event, str(change["Keys"][partition_key]))


def _plain(value: Any) -> Any:
    """Binary attribute values as base64 text, as JSON carries them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
