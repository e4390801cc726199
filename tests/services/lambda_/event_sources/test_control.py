"""Event source mappings: API_CreateEventSourceMapping and its siblings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.services.lambda_.fakes import STREAM
from tests.services.lambda_.harness import ROLE, Api, Failed, archive, settle, until

SQS = "arn:aws:sqs:us-east-1:000000000000:queue"
MSK = "arn:aws:kafka:us-east-1:000000000000:cluster/c/1"
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


async def test_what_could_not_be_created_leaves_no_mapping(api: Api) -> None:
    """The upstream went away after the stream was seen: the next try is not refused as a conflict."""
    arn = await api.deploy(source=PRINTS)
    api.streams.away = True
    with pytest.raises(Failed, match="503 ServiceUnavailable"):
        await create(api, arn)
    api.streams.away = False
    assert (await api("ListEventSourceMappings"))["EventSourceMappings"] == []
    await create(api, arn)
    api.streams.write("a")
    await until(lambda: got(api, arn) == ["got a\n"])


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
        ({"EventSourceArn": MSK}, "501 NotImplemented: .*kafka"),
        ({"EventSourceArn": STREAM.partition("/stream/")[0]}, "400 InvalidParameterValueException: Unrecognized event"),
        ({"EventSourceArn": "arn:aws:s3:::bucket"}, "400 InvalidParameterValueException: Unrecognized event source"),
        ({"MetricsConfig": {"Metrics": ["EventCount"]}}, "501 NotImplemented: .*MetricsConfig"),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 2}}, "501 NotImplemented: .*ProvisionedPollerConfig"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "400 InvalidParameter.*: Invalid filter pattern defin"),
        (
            {"FilterCriteria": {"Filters": [{}]}},
            "400 InvalidParameterValue.*: Invalid filter pattern",
        ),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a":["b"]}'}] * 11}}, "400 InvalidParameter.*: .*10 filters"),
        ({"ParallelizationFactor": 0}, "400 ValidationException: .*'parallelizationFactor'"),
        ({"ParallelizationFactor": 11}, "400 ValidationException: .*'parallelizationFactor'"),
        ({"TumblingWindowInSeconds": 901}, "400 ValidationException: .*'tumblingWindowInSeconds'"),
        ({"MaximumBatchingWindowInSeconds": 301}, "400 ValidationException: .*'maximumBatchingWindowInSeconds'"),
        ({"MaximumRetryAttempts": 10001}, "400 ValidationException: .*'maximumRetryAttempts'"),
        ({"MaximumRetryAttempts": -2}, "400 ValidationException: .*'maximumRetryAttempts'"),
        ({"MaximumRecordAgeInSeconds": 604801}, "400 ValidationException: .*'maximumRecordAgeInSeconds'"),
        ({"MaximumRecordAgeInSeconds": 59}, "400 InvalidParameterValueException: .*MaximumRecordAgeInSeconds"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "400 InvalidParameterValueException: ScalingConfig"),
        ({"Topics": ["topic"]}, "400 InvalidParameterValueException: Topics"),
        ({"FunctionResponseTypes": ["Other"]}, "400 ValidationException: .*unctionResponseTypes"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": MSK}}},
            "400 InvalidParameterValue.*: .*destination",
        ),
        ({"DestinationConfig": {"OnSuccess": {"Destination": SQS}}}, "400 InvalidParameterValueException: OnSuccess"),
        ({"Tags": {str(number): "" for number in range(51)}}, "400 InvalidParameterValueException: .*tag"),
    ],
)
async def test_what_create_refuses(api: Api, members: dict[str, Any], error: str) -> None:
    given = {"EventSourceArn": STREAM, "FunctionName": await api.deploy(), "StartingPosition": "LATEST", **members}
    with pytest.raises(Failed, match=error):
        await api("CreateEventSourceMapping", **{name: value for name, value in given.items() if value is not None})
    assert (await api("ListEventSourceMappings"))["EventSourceMappings"] == []


async def test_harmless_forms_of_nothing(api: Api) -> None:
    """Infrastructure tools send these for `nothing`."""
    made = await create(
        api,
        await api.deploy(),
        FilterCriteria={"Filters": []},
        ParallelizationFactor=1,
        MaximumBatchingWindowInSeconds=0,
        TumblingWindowInSeconds=0,
        DestinationConfig={"OnFailure": {}},
        ScalingConfig={},
        MetricsConfig={"Metrics": []},
        ProvisionedPollerConfig={},
    )
    assert "FilterCriteria" not in made


SETTINGS: dict[str, Any] = {
    "BatchSize": 7,
    "MaximumBatchingWindowInSeconds": 3,
    "ParallelizationFactor": 4,
    "MaximumRetryAttempts": 5,
    "MaximumRecordAgeInSeconds": 60,
    "BisectBatchOnFunctionError": True,
    "TumblingWindowInSeconds": 30,
    "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "DestinationConfig": {"OnFailure": {"Destination": SQS}},
}
UNSET: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "TumblingWindowInSeconds": 0,
    "FilterCriteria": {"Filters": []},
    "FunctionResponseTypes": [],
    "DestinationConfig": {"OnFailure": {}},
}


async def test_every_setting_is_shown_as_given_and_can_be_taken_back(api: Api) -> None:
    """What infrastructure tools compare after each apply: created with, updated to, and back to the defaults."""
    arn = await api.deploy()
    uuid = (await create(api, arn, **SETTINGS))["UUID"]
    shown = await api("GetEventSourceMapping", UUID=uuid)
    assert {name: shown[name] for name in SETTINGS} == SETTINGS
    await api("UpdateEventSourceMapping", UUID=uuid, **UNSET)
    shown = await api("GetEventSourceMapping", UUID=uuid)
    assert {name: shown.get(name, {"Filters": []}) for name in UNSET} == UNSET
    await api("UpdateEventSourceMapping", UUID=uuid, **SETTINGS)
    shown = await api("GetEventSourceMapping", UUID=uuid)
    assert {name: shown[name] for name in SETTINGS} == SETTINGS


async def test_what_update_refuses_changes_nothing(api: Api) -> None:
    arn = await api.deploy()
    uuid = (await create(api, arn))["UUID"]
    before = await api("GetEventSourceMapping", UUID=uuid)
    for members, error in (
        ({"FunctionName": "absent", "BatchSize": 5}, "400 InvalidParameterValueException: Function does not exist"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "no"}]}, "BatchSize": 5}, "Invalid filter pattern definition"),
        ({"BatchSize": 0}, "400 ValidationException"),
    ):
        with pytest.raises(Failed, match=error):
            await api("UpdateEventSourceMapping", UUID=uuid, **members)
    after = await api("GetEventSourceMapping", UUID=uuid)
    assert {**before, "ResponseMetadata": None} == {**after, "ResponseMetadata": None}


async def test_new_filters_count_for_what_comes(api: Api) -> None:
    arn = await api.deploy(source=PRINTS)
    criteria = {"Filters": [{"Pattern": '{"dynamodb": {"Keys": {"pk": {"S": ["a"]}}}}'}]}
    uuid = (await create(api, arn, FilterCriteria=criteria))["UUID"]
    api.streams.write("a", "b")
    await until(lambda: got(api, arn) == ["got a\n"])
    await api("UpdateEventSourceMapping", UUID=uuid, FilterCriteria={})
    api.streams.write("c")
    await until(lambda: got(api, arn) == ["got a\n", "got c\n"])


async def test_a_mapping_of_an_alias_runs_what_the_alias_names(api: Api) -> None:
    arn = await api.deploy(source=PRINTS.replace("got", "got one"))
    await api("PublishVersion", FunctionName=arn)
    alias = (await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1"))["AliasArn"]
    code = archive(PRINTS.replace("got", "got two"))
    await api("UpdateFunctionCode", FunctionName=arn, ZipFile=code)
    made = await create(api, alias)
    assert made["FunctionArn"] == alias
    api.streams.write("a")
    await until(lambda: got(api, arn) == ["got one a\n"])
    version = (await api("PublishVersion", FunctionName=arn))["Version"]
    await api("UpdateAlias", FunctionName=arn, Name="live", FunctionVersion=version)
    api.streams.write("b")
    await until(lambda: got(api, arn) == ["got one a\n", "got two b\n"])


async def test_a_mapping_outlasts_its_function_and_loses_nothing(api: Api) -> None:
    arn = await api.deploy(source=PRINTS)
    function = {"FunctionName": arn.rpartition(":")[2], "Runtime": "python3.11", "Role": ROLE, "Handler": "m.handler"}
    uuid = (await create(api, arn))["UUID"]
    await api("DeleteFunction", FunctionName=arn)
    api.streams.write("a")
    await settle()
    assert (await api("GetEventSourceMapping", UUID=uuid))["LastProcessingResult"] == "PROBLEM: Function call failed"
    await api("CreateFunction", **function, Code={"ZipFile": archive(PRINTS)})
    api.clock.advance(60)
    await until(lambda: got(api, arn) == ["got a\n"])


async def test_without_concurrency_it_waits_for_it(api: Api) -> None:
    arn = await api.deploy(source=PRINTS)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    await create(api, arn, MaximumRetryAttempts=0)
    api.streams.write("a")
    await settle()
    for _ in range(5):
        api.clock.advance(60)
        await settle()
    assert got(api, arn) == []
    await api("DeleteFunctionConcurrency", FunctionName=arn)
    api.clock.advance(60)
    await until(lambda: got(api, arn) == ["got a\n"])


async def test_an_environment_killed_in_the_middle_of_a_batch(api: Api, tmp_path: Path) -> None:
    """The batch counts as failed and is repeated whole."""
    source = f"""
import os, pathlib, signal
def handler(event, context):
    print("got", *(record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]), flush=True)
    mark = pathlib.Path({str(tmp_path / "killed")!r})
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""
    arn = await api.deploy(source=source)
    await create(api, arn)
    api.streams.write("a", "b")
    await until((tmp_path / "killed").exists)
    await until(lambda: _retried(api, arn))
    assert set(got(api, arn)) == {"got a b\n"}


def _retried(api: Api, arn: str) -> bool:
    api.clock.advance(1)
    return sum(line.startswith("START") for line in api.log(arn)) >= 2 and bool(got(api, arn))


async def test_tags(api: Api) -> None:
    made = await create(api, await api.deploy(), Tags={"team": "chat"})
    arn = made["EventSourceMappingArn"]
    await api("TagResource", Resource=arn, Tags={"stage": "dev"})
    await api("UntagResource", Resource=arn, TagKeys=["team"])
    assert (await api("ListTags", Resource=arn))["Tags"] == {"stage": "dev"}
    await api("DeleteEventSourceMapping", UUID=made["UUID"])
    with pytest.raises(Failed, match="404 ResourceNotFoundException"):
        await api("ListTags", Resource=arn)
