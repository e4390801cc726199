"""From a mapping to what carries it out, by the kind of its source."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from cloudrig.engine.aws_json import CallFailed
from cloudrig.engine.interfaces import TimedStreamReader
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.event_sources.feed import Feed
from cloudrig.services.lambda_.event_sources.mapping import Mapping, Source
from cloudrig.services.lambda_.event_sources.queue import Queue
from cloudrig.services.lambda_.event_sources.queue_consumer import QueueConsumer
from cloudrig.services.lambda_.event_sources.stream_consumer import StreamConsumer


class Consumer(Protocol):
    async def locate(self) -> None:
        """Fix where a new mapping starts. Raises StreamGone."""
        ...

    def start(self) -> None: ...

    def stop(self) -> None:
        """Read no more. Batches in hand are finished and count."""
        ...


class Consumers:
    """Makes consumers, of what is the same for all of a rig."""

    def __init__(self, feed: Feed, kinesis: TimedStreamReader) -> None:
        """`feed` reads DynamoDB's streams."""
        self.clock = feed.clock
        self.kinesis = kinesis
        self._feeds = {Source.DYNAMODB: feed, Source.KINESIS: replace(feed, reader=kinesis), Source.SQS: feed}

    async def check(self, mapping: Mapping, function_timeout_s: int) -> None:
        """Raises InvalidParameterValue where a mapping's source is not there, or not fit for its function."""
        if mapping.source is Source.SQS:
            await self._check_queue(mapping, function_timeout_s)
            return
        reader = self._feeds[mapping.source].reader
        if not await reader.exists(mapping.source_arn):
            raise InvalidParameterValue(f"Stream not found: {mapping.source_arn}")

    def make(self, mapping: Mapping) -> Consumer:
        kind = QueueConsumer if mapping.source is Source.SQS else StreamConsumer
        return kind(mapping, self._feeds[mapping.source])

    async def _check_queue(self, mapping: Mapping, function_timeout_s: int) -> None:
        try:
            visibility_s = await Queue(mapping.source_arn, self._feeds[mapping.source].upstream).visibility_timeout_s()
        except CallFailed as error:
            raise InvalidParameterValue(
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                f"SQS Error Message: {error.message}"
            ) from None
        if visibility_s < function_timeout_s:
            raise InvalidParameterValue(
                f"Queue visibility timeout: {visibility_s} seconds is less than Function timeout: "
                f"{function_timeout_s} seconds"
            )
