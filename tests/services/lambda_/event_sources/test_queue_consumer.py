"""Mappings of queues, on a real moto: Lambda guide `with-sqs.html`, `services-sqs-errorhandling.html`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloudrig.engine import enduring
from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.upstream.moto import Moto
from tests.services.lambda_.conftest import lambda_service
from tests.services.lambda_.event_sources.conftest import Cloud
from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Failed, until

PRINTS = """
import json
def handler(event, context):
    print("got", json.dumps(event))
"""
FAILS_ON_BAD = """
def handler(event, context):
    print("got", *(record["body"] for record in event["Records"]))
    bad = [{"itemIdentifier": record["messageId"]} for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": bad}
"""
RAISES = """
def handler(event, context):
    print("got", *(record["attributes"]["ApproximateReceiveCount"] for record in event["Records"]))
    raise ValueError("no")
"""
WAITS = """
import socket
def handler(event, context):
    host, _, port = GATE.partition(":")
    with socket.create_connection((host, int(port))) as gate:
        gate.sendall(" ".join(record["body"] for record in event["Records"]).encode() + b"\\n")
        gate.recv(1)
"""


async def mapped(cloud: Cloud, queue_arn: str, source: str, **members: Any) -> tuple[str, str]:
    """ARN of a function that reads the queue, and the mapping's UUID."""
    arn = await cloud.api.deploy(source=source, Timeout=10)
    made = await cloud.api("CreateEventSourceMapping", EventSourceArn=queue_arn, FunctionName=arn, **members)
    return arn, made["UUID"]


def got(cloud: Cloud, arn: str) -> list[str]:
    return [line.removeprefix("got ").strip() for line in cloud.api.log(arn) if line.startswith("got")]


async def test_a_message_reaches_the_function_and_is_deleted(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    arn, _ = await mapped(cloud, queue, PRINTS)
    attributes = {
        "city": {"DataType": "String", "StringValue": "Any City"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x01\x02"},
    }
    await cloud.send(url, "hello", MessageAttributes=attributes)
    await until(lambda: got(cloud, arn))
    (record,) = json.loads(got(cloud, arn)[0])["Records"]
    assert {name: type(value) for name, value in record.pop("attributes").items()} == {
        "ApproximateReceiveCount": str,
        "SentTimestamp": str,
        "SenderId": str,
        "ApproximateFirstReceiveTimestamp": str,
    }
    assert record.pop("messageId")
    assert record.pop("receiptHandle")
    assert record.pop("md5OfMessageAttributes")
    assert record == {
        "body": "hello",
        "messageAttributes": {
            "city": {
                "stringValue": "Any City",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "raw": {"binaryValue": "AQI=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        },
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": "us-east-1",
    }
    await _until_count(cloud, url, (0, 0))


@pytest.mark.parametrize(("window_s", "shown"), [(0, {}), (1, {"md5OfMessageAttributes": None})])
async def test_with_a_window_a_digest_that_is_not_there_is_null(
    cloud: Cloud, window_s: int, shown: dict[str, None]
) -> None:
    """Without one the member is left out: recorded from AWS in LocalStack's test snapshots (test_sqs_event_filter)."""
    url, queue = await cloud.queue()
    arn, _ = await mapped(cloud, queue, PRINTS, BatchSize=1, MaximumBatchingWindowInSeconds=window_s)
    await cloud.send(url, "hello")
    await until(lambda: got(cloud, arn))
    (record,) = json.loads(got(cloud, arn)[0])["Records"]
    assert {name: record[name] for name in record if name == "md5OfMessageAttributes"} == shown


async def test_a_queue_and_a_function_are_mapped_once(cloud: Cloud) -> None:
    """And a mapping can be made disabled. Recorded from AWS in LocalStack's test snapshots."""
    _, queue = await cloud.queue()
    arn = await cloud.api.deploy(source=PRINTS, Timeout=10)
    pair = {"EventSourceArn": queue, "FunctionName": arn}
    made = await cloud.api("CreateEventSourceMapping", **pair, Enabled=False)
    assert made["State"] == "Disabled"
    with pytest.raises(Failed) as error:
        await cloud.api("CreateEventSourceMapping", **pair)
    assert (error.value.code, error.value.status) == ("ResourceConflictException", 409)
    assert error.value.message == (
        f'An event source mapping with SQS arn (" {queue} ") and function (" {arn.rpartition(":")[2]} ") already '
        f"exists. Please update or delete the existing mapping with UUID {made['UUID']}"
    )


async def test_a_batch_has_ten_messages_at_most(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    arn, uuid = await mapped(cloud, queue, FAILS_ON_BAD, Enabled=False)
    await cloud.send(url, *(str(number) for number in range(12)))
    await cloud.api("UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    await until(lambda: sum(len(line.split()) for line in got(cloud, arn)) == 12)
    assert max(len(line.split()) for line in got(cloud, arn)) == 10
    await _until_count(cloud, url, (0, 0))


async def test_a_window_gathers_more_than_one_receive_gives(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    arn, uuid = await mapped(
        cloud, queue, FAILS_ON_BAD, Enabled=False, BatchSize=15, MaximumBatchingWindowInSeconds=300
    )
    await cloud.send(url, *(str(number) for number in range(15)))
    await cloud.api("UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    await until(lambda: [len(line.split()) for line in got(cloud, arn)] == [15])


async def test_a_window_ends_by_the_rigs_clock(cloud: Cloud) -> None:
    """It began with the first message: the second is received only when the first has been taken note of."""
    url, queue = await cloud.queue()
    arn, _ = await mapped(cloud, queue, FAILS_ON_BAD, MaximumBatchingWindowInSeconds=300)
    for number, body in enumerate("ab", start=1):
        await cloud.send(url, body)
        await _until_count(cloud, url, (0, number))
    assert got(cloud, arn) == []
    cloud.api.clock.advance(300)
    await until(lambda: got(cloud, arn) == ["a b"])


async def test_what_fails_comes_back_after_the_visibility_timeout(cloud: Cloud) -> None:
    url, queue = await cloud.queue(VisibilityTimeout="10")
    arn, _ = await mapped(cloud, queue, RAISES)
    await cloud.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    await cloud.send(url, "a")
    await until(lambda: got(cloud, arn)[:2] == ["1", "2"])


async def test_only_reported_messages_come_back(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    arn, uuid = await mapped(
        cloud, queue, FAILS_ON_BAD, Enabled=False, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    await cloud.send(url, "good", "bad", "fine")
    await cloud.api("UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    await until(lambda: len(got(cloud, arn)[:1]) == 1 and len(got(cloud, arn)[0].split()) == 3)
    await _until_count(cloud, url, (0, 1))


async def test_filtered_messages_are_deleted(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    criteria = {"Filters": [{"Pattern": '{"body": {"kind": ["wanted"]}}'}]}
    arn, _ = await mapped(cloud, queue, FAILS_ON_BAD, FilterCriteria=criteria)
    await cloud.send(url, '{"kind":"other"}', '{"kind":"wanted"}', "text")
    await until(lambda: got(cloud, arn) == ['{"kind":"wanted"}'])
    await _until_count(cloud, url, (0, 0))


async def test_many_filtered_messages_do_not_hold_up_the_next(cloud: Cloud) -> None:
    """A receive that finds only unwanted messages is followed by another at once: 20 of them are not 20 seconds."""
    url, queue = await cloud.queue()
    criteria = {"Filters": [{"Pattern": '{"body": ["wanted"]}'}]}
    arn, uuid = await mapped(cloud, queue, FAILS_ON_BAD, FilterCriteria=criteria, BatchSize=1, Enabled=False)
    await cloud.send(url, *["other"] * 20, "wanted")
    await cloud.api("UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    await until(lambda: got(cloud, arn) == ["wanted"])


async def test_maximum_concurrency(cloud: Cloud, gate: Gate) -> None:
    url, queue = await cloud.queue()
    source = f"GATE = {gate.address!r}\n{WAITS}"
    await mapped(cloud, queue, source, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    await cloud.send(url, "a", "b", "c")
    (one, first), (other, second) = await gate.arrived(), await gate.arrived()
    assert await cloud.count(url) == (1, 2)
    await gate.open(first)
    third, last = await gate.arrived()
    assert {one, other, third} == {"a", "b", "c"}
    await gate.open(second)
    await gate.open(last)
    await _until_count(cloud, url, (0, 0))


async def test_the_groups_of_a_fifo_queue_keep_their_order(cloud: Cloud, gate: Gate) -> None:
    """And do not wait for one another."""
    url, queue = await cloud.queue(FifoQueue="true", ContentBasedDeduplication="true")
    await mapped(cloud, queue, f"GATE = {gate.address!r}\n{WAITS}", BatchSize=1)
    for body in ("a1", "a2", "b1"):
        await cloud.send(url, body, MessageGroupId=body[0])
    arrived = dict([await gate.arrived(), await gate.arrived()])
    assert set(arrived) == {"a1", "b1"}
    await gate.open(arrived["a1"])
    name, writer = await gate.arrived()
    assert name == "a2"
    await gate.open(writer)
    await gate.open(arrived["b1"])
    await _until_count(cloud, url, (0, 0))


async def test_a_throttled_function_gets_the_message_once_there_is_room(cloud: Cloud) -> None:
    """It was received once: throttles use up no receives."""
    url, queue = await cloud.queue()
    arn, _ = await mapped(cloud, queue, RAISES)
    await cloud.api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    await cloud.send(url, "a")
    await _until_count(cloud, url, (0, 1))
    await cloud.api("DeleteFunctionConcurrency", FunctionName=arn)
    await until(lambda: got(cloud, arn) == ["1"])


async def test_without_its_function_nothing_is_received(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    arn, _ = await mapped(cloud, queue, PRINTS)
    await cloud.api("DeleteFunction", FunctionName=arn)
    await cloud.send(url, "a")
    assert await cloud.count(url) == (1, 0)


async def test_disabled_in_the_middle_of_a_window_the_messages_are_given_back(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    arn, uuid = await mapped(cloud, queue, FAILS_ON_BAD, MaximumBatchingWindowInSeconds=300)
    await cloud.send(url, "a")
    await _until_count(cloud, url, (0, 1))
    await cloud.api("UpdateEventSourceMapping", UUID=uuid, Enabled=False)
    await _until_count(cloud, url, (1, 0))
    assert got(cloud, arn) == []


async def test_disabled_in_the_middle_of_a_batch_it_is_finished(cloud: Cloud, gate: Gate) -> None:
    url, queue = await cloud.queue()
    _, uuid = await mapped(cloud, queue, f"GATE = {gate.address!r}\n{WAITS}")
    await cloud.send(url, "a")
    _, writer = await gate.arrived()
    await cloud.api("UpdateEventSourceMapping", UUID=uuid, Enabled=False)
    await gate.open(writer)
    await _until_count(cloud, url, (0, 0))


@pytest.mark.parametrize(
    ("queue_name", "members", "error"),
    [
        ("absent", {}, "400 InvalidParameterValueException: Error occurred while ReceiveMessage. .*NonExistentQueue"),
        (None, {"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
        (None, {"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is"),
        (None, {"ParallelizationFactor": 2}, "400 InvalidParameterValueException: ParallelizationFactor"),
        (None, {"ScalingConfig": {"MaximumConcurrency": 1}}, "400 ValidationException: .*aximumConcurrency"),
        (".fifo", {"MaximumBatchingWindowInSeconds": 1}, "Batching window is not supported for FIFO queues"),
        (".fifo", {"BatchSize": 11}, "Batch size must not exceed 10 for FIFO queues"),
        (None, {"FilterCriteria": {"Filters": [{"Pattern": "no"}]}}, "Invalid filter pattern definition."),
    ],
)
async def test_what_create_refuses(cloud: Cloud, queue_name: str | None, members: dict[str, Any], error: str) -> None:
    if queue_name == "absent":
        queue = "arn:aws:sqs:us-east-1:000000000000:absent"
    else:
        _, queue = await cloud.queue(**({"FifoQueue": "true"} if queue_name else {}))
    with pytest.raises(Exception, match=error):
        await mapped(cloud, queue, PRINTS, **members)


async def test_a_function_must_end_before_its_messages_come_back(cloud: Cloud) -> None:
    _, queue = await cloud.queue(VisibilityTimeout="5")
    with pytest.raises(Exception, match="Queue visibility timeout: 5 seconds is less than Function timeout: 10 sec"):
        await mapped(cloud, queue, PRINTS)


async def test_it_is_shown_without_members_of_streams(cloud: Cloud) -> None:
    _, queue = await cloud.queue()
    arn, uuid = await mapped(cloud, queue, PRINTS, ScalingConfig={"MaximumConcurrency": 2})
    shown = await cloud.api("GetEventSourceMapping", UUID=uuid)
    del shown["ResponseMetadata"], shown["LastModified"]
    assert shown == {
        "UUID": uuid,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": queue,
        "FunctionArn": arn,
        "State": "Enabled",
        "StateTransitionReason": "USER_INITIATED",
        "FunctionResponseTypes": [],
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{uuid}",
        "ScalingConfig": {"MaximumConcurrency": 2},
    }
    await cloud.api("UpdateEventSourceMapping", UUID=uuid, ScalingConfig={})
    assert "ScalingConfig" not in await cloud.api("GetEventSourceMapping", UUID=uuid)


async def _until_count(cloud: Cloud, url: str, wanted: tuple[int, int]) -> None:
    import asyncio

    found = None
    async with asyncio.timeout(30):
        while found != wanted:
            found = await cloud.count(url)


@dataclass
class Garbling:
    """An upstream that, while it is `broken`, answers 200 with nothing in it."""

    moto: Moto
    broken: bool = False
    url: str = ""

    async def forward(self, request: Request) -> Response:
        return Response(200, b"{}") if self.broken else await self.moto.forward(request)

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        return await self.moto.call(service, operation, scope, **members)


async def test_an_upstream_that_talks_nonsense_for_a_while_ends_no_mapping(
    tmp_path: Path, moto: Moto, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(enduring, "FIRST_PAUSE_S", 0.001)
    upstream = Garbling(moto)
    async with lambda_service(tmp_path, Clock(), forks=False, upstream=upstream) as api:
        cloud = Cloud(api, moto)
        url, queue = await cloud.queue()
        arn = await api.deploy(source=PRINTS)
        made = await api("CreateEventSourceMapping", EventSourceArn=queue, FunctionName=arn, Enabled=False)
        upstream.broken = True
        await api("UpdateEventSourceMapping", UUID=made["UUID"], Enabled=True)
        await until(lambda: "KeyError" in caplog.text)
        upstream.broken = False
        await cloud.send(url, "hello")
        await until(lambda: got(cloud, arn))
