"""What takes minutes, hours or days on AWS: asynchronous invocation (aws-behaviour §10.5) and TTL (§10.8), one test per
sentence, on a rig whose clock is moved rather than waited for.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudrig.function_logs import now_ms
from cloudrig.targets import Target
from scenarios.conformance.clocked import advance, clocked_rig
from scenarios.conformance.parts import Parts, package, until
from scenarios.conformance.streaming import Streaming, keys_of

pytestmark = pytest.mark.needs("clock")

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 24 * HOUR_S


@pytest.fixture(scope="module")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with clocked_rig(tmp_path_factory.mktemp("waiting")) as target:
        yield target


@dataclass
class Asynchronous(Parts):
    """One function, invoked asynchronously; its queue for what is given up."""

    queue_url: str = ""
    queue_arn: str = ""

    def deploy(self, handler: str, **settings: Any) -> Asynchronous:
        role = self.add_role("logs:*", "sqs:SendMessage")
        self.add_function(self.name, role, f"subject.{handler}", package(subject="subject.py"), **settings)
        self.queue_url, self.queue_arn = self.add_queue()
        return self

    def configure(self, **settings: Any) -> dict[str, Any]:
        """Settings of asynchronous invocation, with the queue for what fails."""
        destination = {"OnFailure": {"Destination": self.queue_arn}}
        configured: dict[str, Any] = self.aws("lambda").put_function_event_invoke_config(
            FunctionName=self.name, DestinationConfig=destination, **settings
        )
        return configured

    def submit(self, event: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.aws("lambda").invoke(
            FunctionName=self.name, InvocationType="Event", Payload=json.dumps(event).encode()
        )
        return answer

    def tries(self) -> list[tuple[float, str]]:
        """When each try began, in seconds, and its request id."""
        events = self.aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{self.name}")["events"]
        starts = [one for one in events if one["message"].startswith("START ")]
        return sorted((one["timestamp"] / 1000, one["message"].split()[2]) for one in starts)

    def until_tries(self, count: int) -> list[tuple[float, str]]:
        until(lambda: self.log_of(self.name), lambda found: _ended(found) == count, f"{count} tries ended")
        return self.tries()

    def given_up(self) -> dict[str, Any]:
        """The message that the queue gets."""
        client = self.aws("sqs")

        def receive() -> list[Any]:
            found = client.receive_message(QueueUrl=self.queue_url, WaitTimeSeconds=1, MessageAttributeNames=["All"])
            return list(found.get("Messages", []))

        (message,) = until(receive, bool, "the queue was told")
        return dict(message)


def _ended(lines: list[str]) -> int:
    return sum(line.startswith("REPORT ") for line in lines)


@pytest.fixture
def function(clocked: Target) -> Iterator[Asynchronous]:
    """Takes events, and fails."""
    made = Asynchronous(functools.cache(clocked.session().client))
    try:
        yield made.deploy("fail")
    finally:
        made.remove()


# --- §10.5 -----------------------------------------------------------------------------------------------------------


def test_retries(function: Asynchronous, clocked: Target) -> None:
    """ "202 at once. Function errors: 2 retries after 1 and 2 min, same request id." """
    answer = function.submit("no")
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    function.until_tries(1)
    advance(clocked, 0.5 * MINUTE_S)
    advance(clocked, 0.5 * MINUTE_S)
    function.until_tries(2)
    advance(clocked, 1.5 * MINUTE_S)
    advance(clocked, 0.5 * MINUTE_S)
    (first, *ids), (second, *_), (third, *_) = function.until_tries(3)
    assert MINUTE_S <= second - first < 1.5 * MINUTE_S
    assert 2 * MINUTE_S <= third - second < 2.5 * MINUTE_S
    assert {request_id for _, request_id in function.tries()} == {answer["ResponseMetadata"]["RequestId"]} == set(ids)


def test_record(function: Asynchronous, clocked: Target) -> None:
    """ "Then DLQ/OnFailure (`condition` `RetriesExhausted`, …)": after the last try, and with what it ended with."""
    function.configure()
    request_id = function.submit("no")["ResponseMetadata"]["RequestId"]
    function.until_tries(1)
    advance(clocked, MINUTE_S)
    function.until_tries(2)
    advance(clocked, 2 * MINUTE_S)
    record = json.loads(function.given_up()["Body"])
    assert record.pop("timestamp")
    assert record["responsePayload"].pop("stackTrace")
    arn = function.aws("lambda").get_function_configuration(FunctionName=function.name)["FunctionArn"]
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": "no",
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "no", "errorType": "ValueError", "requestId": request_id},
    }


def test_dead_letter_queue(function: Asynchronous) -> None:
    """ "Then DLQ/OnFailure": a dead-letter queue gets the event itself."""
    client = function.aws("lambda")
    dead_letters = {"TargetArn": function.queue_arn}
    client.update_function_configuration(FunctionName=function.name, DeadLetterConfig=dead_letters)
    client.get_waiter("function_updated_v2").wait(FunctionName=function.name)
    client.put_function_event_invoke_config(FunctionName=function.name, MaximumRetryAttempts=0)
    request_id = function.submit({"an": "event"})["ResponseMetadata"]["RequestId"]
    message = function.given_up()
    assert json.loads(message["Body"]) == {"an": "event"}
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "{'an': 'event'}"}


@pytest.mark.parametrize("retries", [0, 1])
def test_maximum_retry_attempts(function: Asynchronous, clocked: Target, retries: int) -> None:
    """ "`MaximumRetryAttempts` 0–2" """
    function.configure(MaximumRetryAttempts=retries)
    function.submit("no")
    for count in range(1, retries + 1):
        function.until_tries(count)
        advance(clocked, count * MINUTE_S)
    assert json.loads(function.given_up()["Body"])["requestContext"]["approximateInvokeCount"] == retries + 1


def test_ranges(function: Asynchronous) -> None:
    """ "`MaximumRetryAttempts` 0–2, `MaximumEventAgeInSeconds` 60–21600" """
    most = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21_600}
    configured = function.configure(**most)
    assert {setting: configured[setting] for setting in most} == most
    for setting in most:
        with pytest.raises(ClientError, match="ValidationException"):
            function.configure(**{setting: most[setting] + 1})


def test_event_age(function: Asynchronous, clocked: Target) -> None:
    """ "`EventAgeExceeded`": no second try where the event would be too old for it."""
    function.configure(MaximumEventAgeInSeconds=120)
    function.submit("no")
    function.until_tries(1)
    advance(clocked, MINUTE_S)
    record = json.loads(function.given_up()["Body"])
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2


def test_no_concurrency(function: Asynchronous) -> None:
    """ "`ZeroReservedConcurrency`": such an event is not tried at all."""
    function.configure()
    function.aws("lambda").put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
    function.submit("no")
    record = json.loads(function.given_up()["Body"])
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert "responseContext" not in record


def test_throttles(clocked: Target) -> None:
    """ "Throttles and system errors: up to 6 h, backoff 1 s → 5 min.": not told by retries; given up by age alone."""
    function = Asynchronous(functools.cache(clocked.session().client))
    try:
        function.deploy("sleep", Timeout=600)
        function.configure(MaximumRetryAttempts=0)
        function.aws("lambda").put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
        function.submit(600)
        until(lambda: function.log_of(function.name), lambda found: len(found) > 0, "it runs")
        function.submit(0)
        for _ in range(6 * HOUR_S // 300 + 5):
            advance(clocked, 300)
        record = json.loads(function.given_up()["Body"])
        assert record["requestPayload"] == 0
        assert record["requestContext"]["condition"] == "EventAgeExceeded"
    finally:
        function.remove()


# --- §10.8 -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stream(clocked: Target) -> Iterator[Streaming]:
    """A table whose items expire by their attribute `expires`."""
    made = Streaming(functools.cache(clocked.session().client))
    try:
        made.deploy()
        specification = {"Enabled": True, "AttributeName": "expires"}
        made.aws("dynamodb").update_time_to_live(TableName=made.name, TimeToLiveSpecification=specification)
        yield made
    finally:
        made.remove()


def rig_now(clocked: Target) -> int:
    return now_ms(clocked) // 1000


def put(stream: Streaming, key: str, **attributes: dict[str, str]) -> None:
    stream.aws("dynamodb").put_item(TableName=stream.name, Item={"k": {"S": key}, **attributes})


def keys(stream: Streaming) -> set[str]:
    return {item["k"]["S"] for item in stream.aws("dynamodb").scan(TableName=stream.name)["Items"]}


def test_what_expires(stream: Streaming, clocked: Target) -> None:
    """ "Attribute must be type N, epoch seconds; other types ignored; more than 5 years in the past ignored. Deleted
    "within a few days" — until then **still returned** by reads"
    """
    now = rig_now(clocked)
    put(stream, "soon", expires={"N": str(now + 2 * HOUR_S)})
    put(stream, "later", expires={"N": str(now + 30 * DAY_S)})
    put(stream, "text", expires={"S": str(now - HOUR_S)})
    put(stream, "ancient", expires={"N": str(now - 6 * 365 * DAY_S)})
    put(stream, "never")
    advance(clocked, HOUR_S)
    assert keys(stream) == {"soon", "later", "text", "ancient", "never"}
    advance(clocked, 2 * DAY_S)
    until(lambda: keys(stream), lambda found: found == {"later", "text", "ancient", "never"}, "one item is gone")


def test_the_record_of_an_expired_item(stream: Streaming, clocked: Target) -> None:
    """ "appear in the stream as `REMOVE` with `userIdentity: {"type": "Service", "principalId":
    "dynamodb.amazonaws.com"}` (wire API spells the keys `Type`/`PrincipalId`)"
    """
    stream.map()
    put(stream, "expired", expires={"N": str(rig_now(clocked) + HOUR_S)})
    stream.until_keys("expired")
    advance(clocked, 2 * DAY_S)
    events = until(stream.events, lambda found: keys_of(*found) == ["expired"] * 2, "both records came")
    record = events[-1]["Records"][0]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    client = stream.aws("dynamodbstreams")
    (shard,) = client.describe_stream(StreamArn=stream.arn)["StreamDescription"]["Shards"]
    where = {"StreamArn": stream.arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    found = client.get_records(ShardIterator=client.get_shard_iterator(**where)["ShardIterator"])["Records"]
    assert found[-1]["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
