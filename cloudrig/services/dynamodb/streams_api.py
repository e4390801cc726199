"""The DynamoDB Streams API, answered from the engine's feeds.

A stream has one shard. A shard iterator is the stream's ARN and a token of shard, position and time of issue; it
serves for 15 minutes. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Scope
from cloudrig.services.dynamodb.errors import (
    ExpiredIteratorException,
    ResourceNotFoundException,
    TrimmedDataAccessException,
    ValidationException,
)
from cloudrig.services.dynamodb.feed import Feed
from cloudrig.services.dynamodb.region import Region
from cloudrig.services.dynamodb.state import position_of, sequence_number
from cloudrig.services.dynamodb.table_names import plain_name

ITERATOR_LIFETIME_S = 15 * 60.0
MAX_RECORDS = 1000
MAX_LISTED = 100

_TRIMMED = "The operation attempted to read past the oldest stream record in a shard."


@dataclass(frozen=True, slots=True)
class Iterator:
    """Where GetRecords goes on: after `position`; from the oldest record there is when that is None."""

    arn: str
    shard_id: str
    position: int | None
    issued_at: float

    def text(self) -> str:
        token = json.dumps([self.shard_id, self.position, self.issued_at]).encode()
        return f"{self.arn}|1|{base64.urlsafe_b64encode(token).decode()}"

    @classmethod
    def parse(cls, text: str) -> Iterator:
        try:
            arn, _, token = text.split("|")
            shard_id, position, issued_at = json.loads(base64.urlsafe_b64decode(token))
            return cls(arn, str(shard_id), None if position is None else int(position), float(issued_at))
        except (ValueError, TypeError, binascii.Error):
            raise ValidationException("Invalid ShardIterator") from None


class StreamsApi:
    """The four operations. `open_region` gives the state of a scope."""

    def __init__(self, open_region: Callable[[Scope], Awaitable[Region]], clock: Clock) -> None:
        self._open_region = open_region
        self._clock = clock
        self.operations = {
            "ListStreams": self.list_streams,
            "DescribeStream": self.describe_stream,
            "GetShardIterator": self.get_shard_iterator,
            "GetRecords": self.get_records,
        }

    async def list_streams(self, caller: Caller, request: Members) -> Members:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html"""
        region = await self._open_region(caller.scope)
        table = plain_name(caller.scope, request["TableName"]) if "TableName" in request else None
        arns = sorted(arn for arn, feed in region.feeds.items() if table in (None, feed.stream.table))
        arns = [arn for arn in arns if arn > request.get("ExclusiveStartStreamArn", "")]
        limit = request.get("Limit", MAX_LISTED)
        streams = [region.feeds[arn].stream for arn in arns[:limit]]
        answer: Members = {
            "Streams": [
                {"StreamArn": stream.arn(caller.scope), "TableName": stream.table, "StreamLabel": stream.label}
                for stream in streams
            ]
        }
        if len(arns) > limit:
            answer["LastEvaluatedStreamArn"] = arns[limit - 1]
        return answer

    async def describe_stream(self, caller: Caller, request: Members) -> Members:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html"""
        region = await self._open_region(caller.scope)
        feed = _feed(region, request["StreamArn"])
        stream = feed.stream
        skipped = request.get("ExclusiveStartShardId") == stream.shard_id
        return {
            "StreamDescription": {
                "StreamArn": feed.arn,
                "StreamLabel": stream.label,
                "StreamStatus": "ENABLED" if stream.end is None else "DISABLED",
                "StreamViewType": stream.view,
                "CreationRequestDateTime": stream.created_at,
                "TableName": stream.table,
                "KeySchema": [
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(region.key_names[stream.table], ("HASH", "RANGE"), strict=False)
                ],
                "Shards": [] if skipped else [_shard(feed)],
            }
        }

    async def get_shard_iterator(self, caller: Caller, request: Members) -> Members:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html"""
        region = await self._open_region(caller.scope)
        feed = _feed(region, request["StreamArn"])
        if request["ShardId"] != feed.stream.shard_id:
            raise ResourceNotFoundException(
                f"Requested resource not found: Shard: {request['ShardId']} in stream: {feed.arn} not found"
            )
        position = await _starting_position(feed, request["ShardIteratorType"], request.get("SequenceNumber"))
        iterator = Iterator(feed.arn, feed.stream.shard_id, position, self._clock.now())
        return {"ShardIterator": iterator.text()}

    async def get_records(self, caller: Caller, request: Members) -> Members:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html

        Sees every write that was acknowledged before the call.
        """
        iterator = Iterator.parse(request["ShardIterator"])
        if self._clock.now() - iterator.issued_at > ITERATOR_LIFETIME_S:
            raise ExpiredIteratorException(
                "The shard iterator has expired. Shard iterators are only valid for 15 minutes."
            )
        feed = _feed(await self._open_region(caller.scope), iterator.arn)
        await feed.settled()
        start = feed.stream.start if iterator.position is None else iterator.position
        page = await feed.read(start, request.get("Limit", MAX_RECORDS))
        if page.trimmed and iterator.position is not None:
            raise TrimmedDataAccessException(_TRIMMED)
        answer: Members = {"Records": [_api_record(record.parsed()) for record in page.records]}
        if feed.stream.end is None or page.next_position < feed.stream.end:
            following = Iterator(feed.arn, feed.stream.shard_id, page.next_position, self._clock.now())
            answer["NextShardIterator"] = following.text()
        return answer


def _feed(region: Region, arn: str) -> Feed:
    feed = region.feeds.get(arn)
    if feed is None:
        raise ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
    return feed


def _shard(feed: Feed) -> Members:
    numbers = {"StartingSequenceNumber": sequence_number(feed.stream.start + 1)}
    if feed.stream.end is not None:
        numbers["EndingSequenceNumber"] = sequence_number(max(feed.stream.end, feed.stream.start + 1))
    return {"ShardId": feed.stream.shard_id, "SequenceNumberRange": numbers}


async def _starting_position(feed: Feed, kind: str, sequence: str | None) -> int | None:
    """The position an iterator of a type starts after; None for the trim horizon."""
    if kind == "TRIM_HORIZON":
        return None
    await feed.settled()
    if kind == "LATEST":
        return feed.position
    if sequence is None:
        raise ValidationException(f"SequenceNumber is required for ShardIteratorType {kind}")
    return await _position_in_shard(feed, sequence) - (kind == "AT_SEQUENCE_NUMBER")


async def _position_in_shard(feed: Feed, sequence: str) -> int:
    try:
        position = position_of(sequence)
    except ValueError:
        raise ValidationException(f"Invalid SequenceNumber: {sequence}") from None
    if not feed.stream.start <= position <= feed.position + 1:
        raise ValidationException(f"Invalid SequenceNumber: {sequence} is not in shard {feed.stream.shard_id}")
    if (await feed.read(position - 1, 1)).trimmed:
        raise TrimmedDataAccessException(_TRIMMED)
    return position


def _api_record(record: dict[str, Any]) -> dict[str, Any]:
    """A record as GetRecords gives it: as Lambda's, but for the identity's capital letters."""
    identity = record.get("userIdentity")
    if identity is None:
        return record
    return {**record, "userIdentity": {"Type": identity["type"], "PrincipalId": identity["principalId"]}}
