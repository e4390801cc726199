"""What a mapping's on-failure destination is told of records that were given up.

A queue or topic learns where they are in the stream, a bucket also gets the event itself.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-errors.html
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.interfaces import Invocation, StreamRecord, Upstream
from cloudrig.engine.names import Arn
from cloudrig.services.lambda_.event_sources.mapping import Mapping, Source

log = logging.getLogger(__name__)

_BATCH_INFO = {Source.DYNAMODB: "DDBStreamBatchInfo", Source.KINESIS: "KinesisBatchInfo"}


@dataclass(frozen=True, slots=True)
class Failure:
    """Records that were given up, why, and the last `answer` to them: None where the function was never run."""

    mapping: Mapping
    shard: str
    records: Sequence[StreamRecord]
    payload: bytes
    condition: str
    invokes: int
    answer: Invocation | None
    request_id: str


async def send_failure(failure: Failure, destination: str, upstream: Upstream, clock: Clock) -> None:
    """Tell a queue, topic or bucket, named by its ARN. What it does not take is lost, with a line in the rig's log."""
    arn, now = Arn.parse(destination), clock.utc()
    content = _content(failure, now)
    try:
        match arn.service:
            case "sqs":
                queue = await upstream.call("sqs", "get_queue_url", arn.scope, QueueName=arn.resource)
                await upstream.call(
                    "sqs", "send_message", arn.scope, QueueUrl=queue["QueueUrl"], MessageBody=json.dumps(content)
                )
            case "sns":
                await upstream.call("sns", "publish", arn.scope, TopicArn=destination, Message=json.dumps(content))
            case _:
                body = json.dumps({**content, "payload": failure.payload.decode()}).encode()
                scope, key = failure.mapping.scope, _key(failure, now)
                await upstream.call("s3", "put_object", scope, Bucket=arn.resource, Key=key, Body=body)
    except (ClientError, BotoCoreError, ServiceError) as error:
        log.error("%s could not tell %s of a failure: %s", failure.mapping.arn, destination, error)


def _content(failure: Failure, now: datetime) -> dict[str, Any]:
    mapping, records, answer = failure.mapping, failure.records, failure.answer
    content: dict[str, Any] = {
        "requestContext": {
            "requestId": failure.request_id,
            "functionArn": mapping.function.arn,
            "condition": failure.condition,
            "approximateInvokeCount": failure.invokes,
        }
    }
    if answer is not None:
        content["responseContext"] = {
            "statusCode": 200,
            "executedVersion": answer.executed_version,
            "functionError": answer.function_error,
        }
    precise = mapping.source is Source.KINESIS
    return {
        **content,
        "version": "1.0",
        "timestamp": _instant(now.timestamp(), precise=True),
        _BATCH_INFO[mapping.source]: {
            "shardId": failure.shard,
            "startSequenceNumber": records[0].sequence_number,
            "endSequenceNumber": records[-1].sequence_number,
            "approximateArrivalOfFirstRecord": _instant(records[0].at, precise=precise),
            "approximateArrivalOfLastRecord": _instant(records[-1].at, precise=precise),
            "batchSize": len(records),
            "streamArn": mapping.source_arn,
        },
    }


def _key(failure: Failure, now: datetime) -> str:
    at = now.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/{failure.mapping.uuid}/{failure.shard}/{at}-{uuid.uuid4()}"


def _instant(seconds: float, *, precise: bool) -> str:
    """Kinesis knows milliseconds, DynamoDB's streams seconds."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at.isoformat(timespec="milliseconds" if precise else "seconds").replace("+00:00", "Z")
