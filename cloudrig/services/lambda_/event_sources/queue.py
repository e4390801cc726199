"""An SQS queue as a mapping reads it, over SQS's own API; its messages in the form functions get.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from cloudrig.engine.aws_json import JsonService
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request
from cloudrig.engine.names import Arn

MAX_MESSAGES = 10
"""Of one ReceiveMessage, and of one DeleteMessageBatch."""

_SQS = JsonService("sqs", "AmazonSQS", "1.0")

_WRITERS = frozenset({"sns", "s3", "events", "states", "scheduler", "pipes"})
"""Services that may put messages into queues when they are asked for something."""
_QUEUE_URL = re.compile(rb'QueueUrl"?\s*[:=]\s*"?[^"&\s]*?(?:/|%2F)([A-Za-z0-9_\-.]+)(?="|&|\s|$)')
ANY_QUEUE = ""

Message = dict[str, Any]
"""One of an event's `Records`."""


class Queue:
    """Its operations raise CallFailed and UpstreamUnavailable."""

    def __init__(self, arn: str, upstream: Upstream) -> None:
        self.arn = arn
        self.name = Arn.parse(arn).resource
        self._scope = Arn.parse(arn).scope
        self._upstream = upstream
        self._url: str | None = None

    async def visibility_timeout_s(self) -> int:
        names = ["VisibilityTimeout"]
        answer = await self._call("GetQueueAttributes", AttributeNames=names)
        return int(answer["Attributes"]["VisibilityTimeout"])

    async def receive(self, count: int) -> list[Message]:
        """Up to `count` messages that are there now; they are invisible to others for the queue's timeout."""
        answer = await self._call(
            "ReceiveMessage",
            MaxNumberOfMessages=min(count, MAX_MESSAGES),
            WaitTimeSeconds=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return [self._message(raw) for raw in answer.get("Messages") or []]

    async def delete(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), MAX_MESSAGES):
            await self._call("DeleteMessageBatch", Entries=_entries(messages[start : start + MAX_MESSAGES]))

    async def release(self, messages: Sequence[Message]) -> None:
        """Let others see messages at once that were received and not delivered."""
        for start in range(0, len(messages), MAX_MESSAGES):
            entries = [{**entry, "VisibilityTimeout": 0} for entry in _entries(messages[start : start + MAX_MESSAGES])]
            await self._call("ChangeMessageVisibilityBatch", Entries=entries)

    async def _call(self, operation: str, **members: Any) -> dict[str, Any]:
        if self._url is None:
            found = await _SQS.call(self._upstream, self._scope, "GetQueueUrl", QueueName=self.name)
            self._url = str(found["QueueUrl"])
        return await _SQS.call(self._upstream, self._scope, operation, QueueUrl=self._url, **members)

    def _message(self, raw: dict[str, Any]) -> Message:
        message: Message = {
            "messageId": raw["MessageId"],
            "receiptHandle": raw["ReceiptHandle"],
            "body": raw["Body"],
            "attributes": raw.get("Attributes") or {},
            "messageAttributes": {
                name: _attribute(value) for name, value in (raw.get("MessageAttributes") or {}).items()
            },
            "md5OfBody": raw["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.arn,
            "awsRegion": self._scope.region,
        }
        if "MD5OfMessageAttributes" in raw:
            message["md5OfMessageAttributes"] = raw["MD5OfMessageAttributes"]
        return message


def _entries(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [{"Id": str(index), "ReceiptHandle": one["receiptHandle"]} for index, one in enumerate(messages)]


def _attribute(raw: dict[str, Any]) -> dict[str, Any]:
    value = {name: raw[member] for member, name in _ATTRIBUTE_VALUES.items() if raw.get(member) is not None}
    return {**value, "stringListValues": [], "binaryListValues": [], "dataType": raw["DataType"]}


_ATTRIBUTE_VALUES = {"StringValue": "stringValue", "BinaryValue": "binaryValue"}


def written_queue(service: str, request: Request) -> str | None:
    """The queue that a request may have written to: its name, ANY_QUEUE where it does not say; None for none."""
    if service in _WRITERS:
        return ANY_QUEUE
    if service != "sqs" or "Receive" in request.headers.get("X-Amz-Target", "") or b"Action=Receive" in request.body:
        return None
    found = _QUEUE_URL.search(request.body)
    return found[1].decode() if found else ANY_QUEUE


async def pause(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for an event, or so long at most."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
