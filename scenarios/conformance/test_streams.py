"""Event source mappings of DynamoDB streams (aws-behaviour §10.6) and the records (§10.7), one test per row.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudrig.pytest_plugin import Clients
from scenarios.conformance.parts import until
from scenarios.conformance.streaming import Streaming, keys_of


@pytest.fixture
def stream(aws: Clients) -> Iterator[Streaming]:
    made = Streaming(aws)
    try:
        yield made.deploy()
    finally:
        made.remove()


def refused(stream: Streaming, **settings: Any) -> str:
    """Status, code and text of the error that creating a mapping ends with."""
    with pytest.raises(ClientError) as error:
        stream.map(**settings)
    answer = error.value.response
    return f"{answer['ResponseMetadata']['HTTPStatusCode']} {answer['Error']['Code']}: {answer['Error']['Message']}"


# --- §10.6, the table ------------------------------------------------------------------------------------------------


def test_defaults(stream: Streaming) -> None:
    """Column "Default", and: `Create` answers 202 with `State: Creating`, `StateTransitionReason: User action`."""
    made = stream.map()
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    expected = {
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": False,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "DestinationConfig": {"OnFailure": {}},
        "State": "Creating",
        "StateTransitionReason": "User action",
        "LastProcessingResult": "No records processed",
    }
    assert {name: made[name] for name in expected} == expected
    assert "FilterCriteria" not in made


@pytest.mark.parametrize(
    ("setting", "least", "most"),
    [
        ("BatchSize", 1, 10_000),
        ("MaximumBatchingWindowInSeconds", 0, 300),
        ("ParallelizationFactor", 1, 10),
        ("MaximumRetryAttempts", -1, 10_000),
        ("MaximumRecordAgeInSeconds", -1, 604_800),
        ("TumblingWindowInSeconds", 0, 900),
    ],
)
def test_ranges(stream: Streaming, setting: str, least: int, most: int) -> None:
    """Column "Range"."""
    client = stream.aws("lambda")
    for value in (least - 1, most + 1):
        with pytest.raises(Exception, match=r"alidat|constraint|range"):  # the SDK checks the lower bounds itself
            stream.map(**{setting: value})
    uuid = stream.map(Enabled=False, **{setting: most})["UUID"]
    assert client.get_event_source_mapping(UUID=uuid)[setting] == most


def test_batch_size(stream: Streaming) -> None:
    """Row "BatchSize"."""
    stream.put_together(*"abcde")
    stream.map(BatchSize=2)
    assert [len(event["Records"]) for event in stream.until_keys(*"abcde")] == [2, 2, 1]


def test_batching_window(stream: Streaming) -> None:
    """Row "MaximumBatchingWindowInSeconds": what comes within it is one batch."""
    stream.map(MaximumBatchingWindowInSeconds=2)
    stream.put("a", "b")
    assert keys_of(stream.until_events(1)[0]) == ["a", "b"]


@pytest.mark.parametrize(("position", "seen"), [("TRIM_HORIZON", ["old", "new"]), ("LATEST", ["new"])])
def test_starting_position(stream: Streaming, position: str, seen: list[str]) -> None:
    """Row "StartingPosition"."""
    stream.put("old")
    stream.map(StartingPosition=position)
    stream.put("new")
    assert keys_of(*stream.until_keys("new")) == seen


def test_starting_position_not_at_timestamp(stream: Streaming) -> None:
    """Row "StartingPosition": "not AT_TIMESTAMP"."""
    error = refused(stream, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=time.time())
    assert error == f"400 InvalidParameterValueException: Unsupported starting position for arn type: {stream.arn}"


def test_parallelization(aws: Clients) -> None:
    """Row "ParallelizationFactor": order kept per partition key."""
    stream = Streaming(aws)
    try:
        stream.deploy(ranged=True)
        stream.map(ParallelizationFactor=10, BatchSize=1)
        for number in range(5):
            for key in "abcd":
                item = {"k": {"S": key}, "r": {"S": str(number)}}
                aws("dynamodb").put_item(TableName=stream.name, Item=item)
        events = stream.until_events(20)
        for key in "abcd":
            keys = [record["dynamodb"]["Keys"] for event in events for record in event["Records"]]
            assert [one["r"]["S"] for one in keys if one["k"]["S"] == key] == ["0", "1", "2", "3", "4"]
    finally:
        stream.remove()


def test_retries(stream: Streaming) -> None:
    """Row "MaximumRetryAttempts": n mean n + 1 invocations; a failing batch blocks its shard until then."""
    stream.map(MaximumRetryAttempts=2, BatchSize=1)
    stream.put("bad", act="raise")
    stream.put("good")
    assert keys_of(*stream.until_keys("good")) == ["bad", "bad", "bad", "good"]


def test_bisecting(stream: Streaming) -> None:
    """Row "BisectBatchOnFunctionError": "splitting does not use up retries"."""
    stream.put("a", "b")
    stream.put("bad", act="raise")
    stream.put("c")
    stream.map(BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, MaximumBatchingWindowInSeconds=1)
    events = stream.until_events(5)
    assert [keys_of(event) for event in events] == [["a", "b", "bad", "c"], ["a", "b"], ["bad", "c"], ["bad"], ["c"]]


def test_tumbling_window(stream: Streaming) -> None:
    """Row "TumblingWindowInSeconds"."""
    stream.map(TumblingWindowInSeconds=3)
    stream.put("a", "b")
    events = until(
        stream.events,
        lambda events: sum(one["state"].get("count", 0) for one in events if one["isFinalInvokeForWindow"]) == 2,
        "the last call of each window has its state",
    )
    first, last = events[0], events[-1]
    assert (first["state"], first["isFinalInvokeForWindow"], first["isWindowTerminatedEarly"]) == ({}, False, False)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["window"]["start"])
    assert first["eventSourceARN"] == stream.arn
    assert first["shardId"].startswith("shardId-")
    assert last["Records"] == []


def test_filters(stream: Streaming) -> None:
    """Row "FilterCriteria": "patterns (OR) …; non-matching records are skipped, the checkpoint moves on"."""
    patterns = [
        {"eventName": ["REMOVE"]},
        {"dynamodb": {"NewImage": {"k": {"S": [{"prefix": "want"}]}, "act": {"S": [{"exists": False}]}}}},
    ]
    stream.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]})
    stream.put("other", "wanted")
    stream.put("wanted-not", act="null")
    stream.aws("dynamodb").delete_item(TableName=stream.name, Key={"k": {"S": "other"}})
    events = stream.until_keys("wanted", "other")
    names = [record["eventName"] for event in events for record in event["Records"]]
    assert (keys_of(*events), names) == (["wanted", "other"], ["INSERT", "REMOVE"])


def test_destination(stream: Streaming) -> None:
    """Row "DestinationConfig.OnFailure", and: "MaximumRetryAttempts 3 ⇒ 4 invocations, then a record to the
    destination … positions only, not the records".
    """
    url, queue = stream.add_queue()
    stream.map(MaximumRetryAttempts=3, DestinationConfig={"OnFailure": {"Destination": queue}})
    stream.put("bad", act="raise")
    client = stream.aws("sqs")

    def receive() -> list[Any]:
        return list(client.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []))

    (message,) = until(receive, bool, "the queue was told")
    told = json.loads(message["Body"])
    assert told["requestContext"].pop("requestId")
    assert told.pop("timestamp")
    batch = told.pop("DDBStreamBatchInfo")
    function = stream.aws("lambda").get_function_configuration(FunctionName=stream.name)["FunctionArn"]
    assert told == {
        "requestContext": {
            "functionArn": function,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 4,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
    }
    assert set(batch) == {
        "shardId",
        "startSequenceNumber",
        "endSequenceNumber",
        "approximateArrivalOfFirstRecord",
        "approximateArrivalOfLastRecord",
        "batchSize",
        "streamArn",
    }
    assert (batch["batchSize"], batch["streamArn"]) == (1, stream.arn)
    assert batch["startSequenceNumber"] == batch["endSequenceNumber"]


# --- §10.6, ReportBatchItemFailures ----------------------------------------------------------------------------------

REPORTS: dict[str, Any] = {
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "MaximumBatchingWindowInSeconds": 1,  # so that what was written one by one comes together
}


def test_the_lowest_reported_is_the_checkpoint(stream: Streaming) -> None:
    """ "everything from it on is retried"."""
    stream.put("a")
    stream.put("b", act='{"batchItemFailures": [{"itemIdentifier": "#"}]}')
    stream.put("c")
    stream.map(MaximumRetryAttempts=1, **REPORTS)
    events = stream.until_events(2)
    assert [keys_of(event) for event in events[:2]] == [["a", "b", "c"], ["b", "c"]]


@pytest.mark.parametrize("answer", ["[]", "null", "{}", '{"batchItemFailures": []}', '{"batchItemFailures": null}'])
def test_success(stream: Streaming, answer: str) -> None:
    """ "`[]`, `null`, `{}`, empty or null list = full success"."""
    stream.put("a", act=answer)
    stream.map(BatchSize=1, MaximumRetryAttempts=1, **REPORTS)
    stream.put("b")
    assert keys_of(*stream.until_keys("b")) == ["a", "b"]


@pytest.mark.parametrize(
    "answer",
    [
        '{"batchItemFailures": [{"itemIdentifier": ""}]}',
        '{"batchItemFailures": [{"itemIdentifier": null}]}',
        '{"batchItemFailures": [{"itemIdentifier": "unknown"}]}',
        '{"batchItemFailures": [{"wrong": "#"}]}',
        "raise",
    ],
)
def test_failure(stream: Streaming, answer: str) -> None:
    """ "`""` identifier, null identifier, unknown id, wrong key name, or an exception = full failure"."""
    stream.put("a")
    stream.put("b", act=answer)
    stream.map(MaximumRetryAttempts=1, **REPORTS)
    events = stream.until_events(2)
    assert [keys_of(event) for event in events[:2]] == [["a", "b"], ["a", "b"]]


# --- §10.6, states and errors ----------------------------------------------------------------------------------------


def test_last_processing_result(stream: Streaming) -> None:
    """`No records processed` | `OK` | `PROBLEM: Function call failed`."""
    uuid = stream.map(MaximumRetryAttempts=0, BatchSize=1)["UUID"]

    def result() -> str:
        return str(stream.mapping(uuid)["LastProcessingResult"])

    assert result() == "No records processed"
    stream.put("good")
    until(result, lambda found: found == "OK", "a batch succeeded")
    stream.put("bad", act="raise")
    until(result, lambda found: found == "PROBLEM: Function call failed", "a batch failed")


def test_invalid_filters(stream: Streaming) -> None:
    """bad filter 400 `Invalid filter pattern definition.`"""
    for pattern in ("single-string", '{"eventName": "INSERT"}', '{"eventName": ["INSERT"=123}'):
        error = refused(stream, FilterCriteria={"Filters": [{"Pattern": pattern}]})
        assert error == "400 InvalidParameterValueException: Invalid filter pattern definition."


def test_the_same_pair_twice(stream: Streaming) -> None:
    """same pair twice `ResourceConflictException` 409"""
    uuid = stream.map(Enabled=False)["UUID"]
    error = refused(stream)
    assert error.startswith("409 ResourceConflictException: The event source arn")
    assert error.endswith(f"Please update or delete the existing mapping with UUID {uuid}")


def test_no_such_stream(stream: Streaming) -> None:
    """no such stream `InvalidParameterValueException` `Stream not found: {arn}`"""
    arn = stream.arn[:-1] + ("1" if stream.arn[-1] == "0" else "0")
    assert refused(stream, EventSourceArn=arn) == f"400 InvalidParameterValueException: Stream not found: {arn}"


# --- §10.7 -----------------------------------------------------------------------------------------------------------


def test_records(stream: Streaming) -> None:
    """The members of a record; the images of its three kinds."""
    stream.put("a", act="null")
    stream.put("a")
    client = stream.aws("dynamodb")
    client.delete_item(TableName=stream.name, Key={"k": {"S": "a"}})
    stream.map()
    until(stream.events, lambda events: len(keys_of(*events)) == 3, "three records came")
    records = [record for event in stream.events() for record in event["Records"]]
    full, bare = {"k": {"S": "a"}, "act": {"S": "null"}}, {"k": {"S": "a"}}
    images = [(None, full), (full, bare), (bare, None)]
    for record, name, (old, new) in zip(records, ("INSERT", "MODIFY", "REMOVE"), images, strict=True):
        assert re.fullmatch("[0-9a-f]{32}", record.pop("eventID"))
        change = record.pop("dynamodb")
        assert record == {
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": stream.arn.split(":")[3],
            "eventSourceARN": stream.arn,
        }
        assert abs(change.pop("ApproximateCreationDateTime") - time.time()) < 24 * 3600
        assert re.fullmatch(r"\d{21,40}", change.pop("SequenceNumber"))
        assert change.pop("SizeBytes") > 0
        wanted = {"Keys": bare, "OldImage": old, "NewImage": new, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert change == {member: value for member, value in wanted.items() if value is not None}


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"OldImage", "NewImage"}),
    ],
)
def test_view_types(aws: Clients, view: str, images: set[str]) -> None:
    """`NewImage?`, `OldImage?`, as the stream's view has them."""
    stream = Streaming(aws)
    try:
        stream.deploy(view)
        stream.put("a")
        stream.put("a", more="x")
        stream.map()
        until(stream.events, lambda events: len(keys_of(*events)) == 2, "both records came")
        modified = [record for event in stream.events() for record in event["Records"]][1]
        assert {name for name in modified["dynamodb"] if name.endswith("Image")} == images
    finally:
        stream.remove()


def test_a_write_that_changes_nothing(stream: Streaming) -> None:
    """no record for a write that changes nothing; in item order; once per change"""
    stream.put("a", "a")
    for number in range(5):
        stream.put("b", number=str(number))
    stream.map()
    events = stream.until_keys("b")
    until(stream.events, lambda events: len(keys_of(*events)) >= 6, "all records came")
    events = stream.events()
    assert keys_of(*events) == ["a", *"bbbbb"]
    numbers = [record["dynamodb"]["NewImage"].get("number") for event in events for record in event["Records"]]
    assert numbers[1:] == [{"S": str(number)} for number in range(5)]


def test_a_users_delete_names_nobody(stream: Streaming) -> None:
    """`userIdentity?`: "Deleting the item yourself gives no `userIdentity`" (§10.8)."""
    stream.put("a")
    stream.aws("dynamodb").delete_item(TableName=stream.name, Key={"k": {"S": "a"}})
    stream.map()
    until(stream.events, lambda events: len(keys_of(*events)) == 2, "both records came")
    assert all("userIdentity" not in record for event in stream.events() for record in event["Records"])
