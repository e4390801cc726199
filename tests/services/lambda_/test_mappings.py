"""Event source mappings: API_CreateEventSourceMapping and its siblings; aws-behaviour §10.6."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.services.lambda_.fakes import STREAM
from tests.services.lambda_.harness import Api, Failed, settle, until

SQS = "arn:aws:sqs:us-east-1:000000000000:queue"
PRINTS = """
def handler(event, context):
    print("got", *(record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]))
"""


async def create(api: Api, arn: str, **members: Any) -> dict[str, Any]:
    given = {"EventSourceArn": STREAM, "FunctionName": arn, "StartingPosition": "LATEST"}
    return await api("CreateEventSourceMapping", **{**given, **members})


def got(api: Api, arn: str) -> list[str]:
    return [line for line in api.log(arn) if line.startswith("got")]


async def test_create_answers_as_aws_does(api: Api) -> None:
    arn = await api.deploy(source=PRINTS)
    made = await create(api, arn)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    del made["ResponseMetadata"]
    mapping_arn = f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{made['UUID']}"
    assert made.pop("LastModified").timestamp() == api.clock.now()
    assert made == {
        "UUID": made["UUID"],
        "StartingPosition": "LATEST",
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "EventSourceArn": STREAM,
        "FunctionArn": arn,
        "LastProcessingResult": "No records processed",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": False,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "EventSourceMappingArn": mapping_arn,
    }
    assert (await api("GetEventSourceMapping", UUID=made["UUID"]))["State"] == "Enabled"


async def test_a_write_runs_the_function(api: Api) -> None:
    arn = await api.deploy(source=PRINTS)
    mapping = await create(api, arn)
    api.streams.write("a", "b")
    await until(lambda: got(api, arn) == ["got a b\n"])
    async with asyncio.timeout(10):  # the function prints before it returns
        while (await api("GetEventSourceMapping", UUID=mapping["UUID"]))["LastProcessingResult"] != "OK":  # noqa: ASYNC110
            await asyncio.sleep(0.002)


async def test_a_mapping_can_be_disabled_and_enabled(api: Api) -> None:
    arn = await api.deploy(source=PRINTS)
    uuid = (await create(api, arn, Enabled=False))["UUID"]
    assert (await api("GetEventSourceMapping", UUID=uuid))["State"] == "Disabled"
    api.streams.write("a")
    assert (await api("UpdateEventSourceMapping", UUID=uuid, Enabled=True))["State"] == "Enabling"
    await until(lambda: got(api, arn) == ["got a\n"])
    await settle()
    assert (await api("UpdateEventSourceMapping", UUID=uuid, Enabled=False))["State"] == "Disabling"
    api.streams.write("b")
    await settle()
    assert (await api("UpdateEventSourceMapping", UUID=uuid, BatchSize=1))["State"] == "Updating"
    await api("UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    await until(lambda: got(api, arn) == ["got a\n", "got b\n"])


async def test_an_update_counts_for_the_next_batch(api: Api) -> None:
    one, other = await api.deploy(source=PRINTS), await api.deploy(source=PRINTS)
    uuid = (await create(api, one))["UUID"]
    api.streams.write("a")
    await until(lambda: got(api, one))
    await settle()
    await api("UpdateEventSourceMapping", UUID=uuid, FunctionName=other, BatchSize=1, MaximumRetryAttempts=2)
    api.streams.write("b", "c")
    await until(lambda: len(got(api, other)) >= 2 or got(api, other) == ["got b c\n"])
    shown = await api("GetEventSourceMapping", UUID=uuid)
    assert (shown["FunctionArn"], shown["BatchSize"], shown["MaximumRetryAttempts"]) == (other, 1, 2)


async def test_a_deleted_mapping_reads_no_more(api: Api) -> None:
    arn = await api.deploy(source=PRINTS)
    uuid = (await create(api, arn))["UUID"]
    assert (await api("DeleteEventSourceMapping", UUID=uuid))["State"] == "Deleting"
    api.streams.write("a")
    await settle()
    assert api.log(arn) == []
    for operation in ("Get", "Update", "Delete"):
        with pytest.raises(Failed, match="404 ResourceNotFoundException: The resource you requested does not exist"):
            await api(f"{operation}EventSourceMapping", UUID=uuid)


async def test_lists_by_function_and_stream(api: Api) -> None:
    one, other = await api.deploy(), await api.deploy()
    first, second = [(await create(api, arn))["UUID"] for arn in (one, other)]

    async def uuids(**members: Any) -> set[str]:
        return {each["UUID"] for each in (await api("ListEventSourceMappings", **members))["EventSourceMappings"]}

    assert await uuids() == {first, second}
    assert await uuids(FunctionName=one.rpartition(":")[2]) == {first}
    assert await uuids(EventSourceArn=STREAM, FunctionName=other) == {second}
    assert await uuids(EventSourceArn=STREAM + "x") == set()


async def test_a_pair_is_mapped_once(api: Api) -> None:
    arn = await api.deploy()
    uuid = (await create(api, arn))["UUID"]
    with pytest.raises(Failed, match=rf"409 ResourceConflictException: The event source arn .* with UUID {uuid}"):
        await create(api, arn)
    await create(api, f"{(await api('PublishVersion', FunctionName=arn))['FunctionArn']}")


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"EventSourceArn": STREAM + "9"}, "400 InvalidParameterValueException: Stream not found: arn:aws:dynamodb"),
        ({"FunctionName": "absent"}, "400 InvalidParameterValueException: Function does not exist"),
        ({"StartingPosition": None}, "400 ValidationException: .*Value null at 'startingPosition'"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "400 InvalidParameterValueException: Unsupported starting position"),
        ({"StartingPositionTimestamp": 1}, "400 InvalidParameterValueException: Timestamp only valid with"),
        ({"EventSourceArn": None}, "400 InvalidParameterValueException: Unrecognized event source"),
        ({"BatchSize": 10001}, "400 ValidationException: .*'batchSize'"),
        ({"EventSourceArn": SQS}, "501 NotImplemented: .*sqs"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "501 NotImplemented: .*FilterCriteria"),
        ({"ParallelizationFactor": 2}, "501 NotImplemented: .*ParallelizationFactor"),
        ({"TumblingWindowInSeconds": 5}, "501 NotImplemented: .*TumblingWindow"),
        ({"MaximumBatchingWindowInSeconds": 5}, "501 NotImplemented: .*MaximumBatchingWindow"),
        ({"DestinationConfig": {"OnFailure": {"Destination": SQS}}}, "501 NotImplemented: .*Destination"),
    ],
)
async def test_what_create_refuses(api: Api, members: dict[str, Any], error: str) -> None:
    given = {"EventSourceArn": STREAM, "FunctionName": await api.deploy(), "StartingPosition": "LATEST", **members}
    with pytest.raises(Failed, match=error):
        await api("CreateEventSourceMapping", **{name: value for name, value in given.items() if value is not None})
    assert (await api("ListEventSourceMappings"))["EventSourceMappings"] == []


async def test_harmless_forms_of_what_is_not_built(api: Api) -> None:
    """Infrastructure tools send these for `nothing`."""
    await create(
        api,
        await api.deploy(),
        FilterCriteria={"Filters": []},
        ParallelizationFactor=1,
        MaximumBatchingWindowInSeconds=0,
        TumblingWindowInSeconds=0,
        DestinationConfig={"OnFailure": {}},
    )
