"""Mappings of Kinesis streams, on a real moto: Lambda guide `with-kinesis.html`."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest

from cloudrig.engine.messages import Request
from tests.services.lambda_.event_sources.conftest import Cloud
from tests.services.lambda_.harness import ROLE, until

PRINTS = """
import base64, json
def handler(event, context):
    print("got", *(base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]))
    print("first", json.dumps(event["Records"][0]))
    if any(base64.b64decode(record["kinesis"]["data"]) == b"bad" for record in event["Records"]):
        raise ValueError("no")
"""
_names = itertools.count(1)


async def stream(cloud: Cloud) -> str:
    name = f"s{next(_names)}"
    await cloud.call("kinesis", "create_stream", StreamName=name, ShardCount=1)
    return f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"


async def put(cloud: Cloud, stream_arn: str, *texts: str, key: str = "p") -> None:
    name = stream_arn.rpartition("/")[2]
    for text in texts:
        await cloud.call("kinesis", "put_record", StreamName=name, Data=text.encode(), PartitionKey=key)
    cloud.api.service.passed_on("kinesis", Request("POST", "/"))


async def mapped(cloud: Cloud, stream_arn: str, **members: Any) -> str:
    arn = await cloud.api.deploy(source=PRINTS)
    given = {"StartingPosition": "LATEST", **members}
    await cloud.api("CreateEventSourceMapping", EventSourceArn=stream_arn, FunctionName=arn, **given)
    return arn


def got(cloud: Cloud, arn: str) -> list[str]:
    lines = [line for line in cloud.api.log(arn) if line.startswith("got")]
    return [text for line in lines for text in line.split()[1:]]


async def test_a_record_reaches_the_function(cloud: Cloud) -> None:
    source = await stream(cloud)
    await put(cloud, source, "before")
    arn = await mapped(cloud, source)
    await put(cloud, source, "a", "b")
    await until(lambda: got(cloud, arn) == ["a", "b"])
    record = json.loads(next(line for line in cloud.api.log(arn) if line.startswith("first"))[5:])
    assert record["invokeIdentityArn"] == ROLE
    assert record["eventSourceARN"] == source


async def test_from_the_trim_horizon_through_a_filter(cloud: Cloud) -> None:
    source = await stream(cloud)
    await put(cloud, source, '{"kind":"x"}', '{"kind":"y"}', "text")
    criteria = {"Filters": [{"Pattern": '{"data": {"kind": ["y"]}}'}]}
    arn = await mapped(cloud, source, StartingPosition="TRIM_HORIZON", FilterCriteria=criteria)
    await until(lambda: got(cloud, arn) == ['{"kind":"y"}'])


async def test_from_a_point_in_time(cloud: Cloud) -> None:
    source = await stream(cloud)
    await put(cloud, source, "a")
    arn = await mapped(cloud, source, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1_500_000_000)
    await until(lambda: got(cloud, arn) == ["a"])
    shown = (await cloud.api("ListEventSourceMappings", FunctionName=arn))["EventSourceMappings"][0]
    assert shown["StartingPositionTimestamp"].timestamp() == 1_500_000_000


async def test_a_failing_batch_is_told_to_its_destination(cloud: Cloud) -> None:
    url, queue = await cloud.queue()
    source = await stream(cloud)
    arn = await mapped(
        cloud,
        source,
        MaximumRetryAttempts=0,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    await put(cloud, source, "bad")
    await until(lambda: got(cloud, arn) == ["bad"])
    bodies: list[str] = []
    async with asyncio.timeout(10):
        while not bodies:
            bodies = await cloud.messages(url)
    told = json.loads(bodies[0])
    assert told["KinesisBatchInfo"]["streamArn"] == source
    assert told["requestContext"]["approximateInvokeCount"] == 1
    assert told["KinesisBatchInfo"]["approximateArrivalOfFirstRecord"].endswith("Z")


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"StartingPosition": "0"}, "ValidationException: .*'startingPosition' failed to satisfy constraint"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "400 InvalidParameterValueException"),
        ({"StartingPositionTimestamp": 1}, "Timestamp only valid with StartingPosition AT_TIMESTAMP"),
        (
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": -1},
            "class java.lang.Long can not be converted to a Timestamp",
        ),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "400 InvalidParameterValueException: ScalingConfig"),
    ],
)
async def test_what_create_refuses(cloud: Cloud, members: dict[str, Any], error: str) -> None:
    with pytest.raises(Exception, match=error):
        await mapped(cloud, await stream(cloud), **members)


async def test_a_stream_that_is_not_there(cloud: Cloud) -> None:
    with pytest.raises(Exception, match="400 InvalidParameterValueException: Stream not found"):
        await mapped(cloud, "arn:aws:kinesis:us-east-1:000000000000:stream/absent")
