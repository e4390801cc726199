"""On-failure destinations of streams, on a real moto: Lambda guide `services-dynamodb-errors.html`."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from cloudrig.services.lambda_.event_sources.stream_consumer import StreamConsumer
from cloudrig.services.upstream.moto import Moto
from tests.services.lambda_.event_sources.bench import ERROR, Bench, answer, partial
from tests.services.lambda_.event_sources.conftest import Cloud
from tests.services.lambda_.fakes import SHARD, STREAM


@pytest.fixture
def telling(bench: Bench, moto: Moto) -> Bench:
    """A bench whose failures are told to moto."""
    bench.consumer = StreamConsumer(bench.mapping, replace(bench.feed, upstream=moto))
    return bench


async def _until_done(bench: Bench, count: int) -> None:
    async with asyncio.timeout(10):
        while bench.done < count:  # noqa: ASYNC110  moto answers in its own time
            await asyncio.sleep(0.005)


async def _told(cloud: Cloud, url: str) -> dict[str, Any]:
    (body,) = await cloud.messages(url)
    content: dict[str, Any] = json.loads(body)
    return content


async def test_a_queue_learns_where_the_records_are(telling: Bench, cloud: Cloud) -> None:
    """MaximumRetryAttempts 3 means 4 invocations; the records themselves are not told."""
    url, queue = await cloud.queue()
    telling.script(*[ERROR] * 4)
    telling.stream.write("a", "b")
    await telling.start(maximum_retry_attempts=3, on_failure=queue)
    for _ in range(3):
        await telling.later(60)
    await _until_done(telling, 2)
    told = await _told(cloud, url)
    assert re.fullmatch(r"[0-9a-f-]{36}", told["requestContext"].pop("requestId"))
    assert told == {
        "requestContext": {
            "functionArn": telling.mapping.function.arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 4,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "1970-01-01T00:19:40.000Z",
        "DDBStreamBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": "0" * 20 + "1",
            "endSequenceNumber": "0" * 20 + "2",
            "approximateArrivalOfFirstRecord": "1970-01-01T00:16:40Z",
            "approximateArrivalOfLastRecord": "1970-01-01T00:16:40Z",
            "batchSize": 2,
            "streamArn": STREAM,
        },
    }


async def test_reported_records_alone_are_told(telling: Bench, cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    telling.script(partial(2))
    telling.stream.write("a", "b", "c")
    await telling.start(maximum_retry_attempts=0, reports_item_failures=True, on_failure=queue)
    await _until_done(telling, 3)
    told = await _told(cloud, url)
    assert told["responseContext"]["functionError"] is None
    assert told["DDBStreamBatchInfo"]["batchSize"] == 2


async def test_records_that_are_too_old(telling: Bench, cloud: Cloud) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_kinesis_maximum_record_age_exceeded`)."""
    url, queue = await cloud.queue()
    telling.stream.write("a")
    telling.clock.advance(100)
    await telling.start(maximum_record_age_s=60, on_failure=queue)
    await _until_done(telling, 1)
    told = await _told(cloud, url)
    context = told["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RecordAgeExceeded", 1)
    assert "responseContext" not in told


async def test_a_topic(telling: Bench, cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    topic = (await cloud.call("sns", "create_topic", Name="failures"))["TopicArn"]
    await cloud.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
    telling.script(ERROR)
    telling.stream.write("a")
    await telling.start(maximum_retry_attempts=0, on_failure=topic)
    await _until_done(telling, 1)
    told = json.loads((await _told(cloud, url))["Message"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"


async def test_a_bucket_gets_the_event_too(telling: Bench, cloud: Cloud) -> None:
    await cloud.call("s3", "create_bucket", Bucket="failures")
    telling.script(ERROR)
    telling.stream.write("a")
    await telling.start(maximum_retry_attempts=0, on_failure="arn:aws:s3:::failures")
    await _until_done(telling, 1)
    (found,) = (await cloud.call("s3", "list_objects_v2", Bucket="failures"))["Contents"]
    place = rf"aws/lambda/{telling.mapping.uuid}/{SHARD}/1970/01/01/1970-01-01T00\.16\.40-[0-9a-f-]{{36}}"
    assert re.fullmatch(place, found["Key"])
    told = json.loads((await cloud.call("s3", "get_object", Bucket="failures", Key=found["Key"]))["Body"])
    assert json.loads(told["payload"]) == telling.events_got[0]
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1


async def test_a_destination_that_is_not_there_does_not_hold_up_the_shard(telling: Bench) -> None:
    telling.script(ERROR)
    telling.stream.write("a")
    await telling.start(maximum_retry_attempts=0, on_failure="arn:aws:sqs:us-east-1:000000000000:absent")
    await _until_done(telling, 1)
    telling.script(answer(None))
    await telling.write("b")
    await _until_done(telling, 2)
