"""Where Lambda sends records of invocations, and events that failed: queues, topics, event buses, buckets.

Functions as destinations are the caller's to invoke. Everything goes through the upstream; what it refuses is logged.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (records),
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq (dead letters)
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.names import Arn

log = logging.getLogger(__name__)

SERVICES = frozenset({"sqs", "sns", "events", "s3"})
"""Services of destinations beside Lambda itself."""

Attributes = Mapping[str, tuple[str, str]]
"""Message attributes: name → data type and value."""


class Destinations:
    """Delivers to ARNs. Failures are logged, not raised: nobody waits for the delivery."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def send(self, arn: str, body: str, attributes: Attributes | None = None) -> None:
        """Send a message to a queue or topic."""
        try:
            if Arn.parse(arn).service == "sqs":
                await self._to_queue(Arn.parse(arn), body, attributes or {})
            else:
                await self._to_topic(arn, body, attributes or {})
        except (BotoCoreError, ClientError, ServiceError, ValueError) as error:
            log.warning("nothing could be sent to %s: %s", arn, error)

    async def put_event(self, bus_arn: str, function_arn: str, detail_type: str, detail: str) -> None:
        """Put an event on an EventBridge bus, from Lambda and about a function."""
        bus = Arn.parse(bus_arn)
        entry = {
            "EventBusName": bus.resource.removeprefix("event-bus/"),
            "Source": "lambda",
            "DetailType": detail_type,
            "Resources": [bus_arn, function_arn],
            "Detail": detail,
        }
        try:
            await self._upstream.call("events", "put_events", bus.scope, Entries=[entry])
        except (BotoCoreError, ClientError, ServiceError) as error:
            log.warning("no event could be put on %s: %s", bus_arn, error)

    async def put_object(self, bucket_arn: str, source: Arn, prefix: str, body: str, now: datetime) -> None:
        """Put an object into a bucket, its key told by the time: `{prefix}/2026/11/18/2026-11-18T11.06.40-{uuid}`."""
        key = f"{prefix}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
        bucket = Arn.parse(bucket_arn).resource
        try:
            await self._upstream.call("s3", "put_object", source.scope, Bucket=bucket, Key=key, Body=body.encode())
        except (BotoCoreError, ClientError, ServiceError) as error:
            log.warning("no object could be put into %s: %s", bucket_arn, error)

    async def _to_queue(self, queue: Arn, body: str, attributes: Attributes) -> None:
        found = await self._upstream.call(
            "sqs", "get_queue_url", queue.scope, QueueName=queue.resource, QueueOwnerAWSAccountId=queue.account
        )
        await self._upstream.call(
            "sqs",
            "send_message",
            queue.scope,
            QueueUrl=found["QueueUrl"],
            MessageBody=body,
            MessageAttributes=_as_members(attributes),
        )

    async def _to_topic(self, arn: str, body: str, attributes: Attributes) -> None:
        await self._upstream.call(
            "sns",
            "publish",
            Arn.parse(arn).scope,
            TopicArn=arn,
            Message=body,
            MessageAttributes=_as_members(attributes),
        )


def _as_members(attributes: Attributes) -> dict[str, Any]:
    return {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()}
