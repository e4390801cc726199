"""Asynchronous invocation: Lambda guide `invocation-async-error-handling.html`; aws-behaviour §10.5."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudrig.services.lambda_.call import Call
from cloudrig.services.lambda_.invocations import Invocations
from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Api, Failed, settle, until

FAILS = """
def handler(event, context):
    print("tried", context.aws_request_id)
    raise ValueError(event)
"""


HELD = """
import socket
host, port = "ADDRESS".split(":")
def handler(event, context):
    with socket.create_connection((host, int(port))) as gate:
        gate.sendall(event.encode() + b"\\n")
        gate.recv(1)
"""
QUEUES = "arn:aws:sqs:us-east-1:000000000000"


def tries(api: Api, arn: str) -> list[str]:
    return [line.split()[1] for line in api.log(arn) if line.startswith("tried")]


async def finished(api: Api, arn: str, count: int) -> None:
    await until(lambda: sum(line.startswith("REPORT") for line in api.log(arn)) == count, f"{count} invocations")
    await settle()


async def test_an_event_is_taken_at_once_and_run(api: Api) -> None:
    arn = await api.deploy(source="def handler(event, context): print('got', event)")
    answer = await api("Invoke", FunctionName=arn, InvocationType="Event", Payload=b'{"a": 1}')
    assert answer["StatusCode"] == 202
    assert answer["Payload"] == ""
    await until(lambda: "got {'a': 1}\n" in api.log(arn))


async def test_a_function_error_is_retried_after_one_and_two_minutes(api: Api) -> None:
    """Twice, with the same request id, and then no more."""
    arn = await api.deploy(source=FAILS)
    answer = await api("Invoke", FunctionName=arn, InvocationType="Event")
    await finished(api, arn, 1)
    api.clock.advance(59)
    await settle()
    assert len(tries(api, arn)) == 1
    api.clock.advance(1)
    await finished(api, arn, 2)
    api.clock.advance(119)
    await settle()
    assert len(tries(api, arn)) == 2
    api.clock.advance(1)
    await finished(api, arn, 3)
    api.clock.advance(3600)
    await settle()
    assert tries(api, arn) == [answer["ResponseMetadata"]["RequestId"]] * 3


async def test_retries_as_configured(api: Api) -> None:
    arn = await api.deploy(source=FAILS)
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0)
    await api("Invoke", FunctionName=arn, InvocationType="Event")
    await finished(api, arn, 1)
    api.clock.advance(600)
    await settle()
    assert len(tries(api, arn)) == 1


async def test_an_event_that_would_grow_too_old_is_dropped_at_once(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """Not even a minute passes: captured in LocalStack's AWS-validated `test_maxeventage`."""
    arn = await api.deploy(source=FAILS)
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumEventAgeInSeconds=60)
    await api("Invoke", FunctionName=arn, InvocationType="Event")
    await until(lambda: "EventAgeExceeded" in caplog.text)
    assert len(tries(api, arn)) == 1


async def test_a_throttled_event_waits_longer_each_time_and_uses_up_no_retry(api: Api, gate: Gate) -> None:
    """Back-off of 1 s, 2 s, 4 s …: the only environment is held by another event meanwhile."""
    source = HELD.replace("ADDRESS", gate.address)
    arn = await api.deploy(source=source)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=1)
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0)
    await api("Invoke", FunctionName=arn, InvocationType="Event", Payload=b'"first"')
    name, writer = await gate.arrived()
    await api("Invoke", FunctionName=arn, InvocationType="Event", Payload=b'"second"')
    for seconds in (1, 2):
        await settle()
        api.clock.advance(seconds)
    await settle()
    await gate.open(writer)
    await finished(api, arn, 1)
    api.clock.advance(3.9)
    await settle()
    api.clock.advance(0.1)
    name, writer = await gate.arrived()
    assert name == "second"
    await gate.open(writer)
    await finished(api, arn, 2)


async def test_nothing_is_tried_where_no_concurrency_is_reserved(api: Api) -> None:
    """Lambda guide, `configuration-concurrency.html`: such events go to the failure destination without a try."""
    arn = await api.deploy(source=FAILS)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    config = {"DestinationConfig": {"OnFailure": {"Destination": f"{QUEUES}:failed"}}}
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, **config)
    await api("Invoke", FunctionName=arn, InvocationType="Event", Payload=b"{}")
    await until(lambda: api.upstream.sent)
    record = json.loads(api.upstream.sent[0]["MessageBody"])
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in record
    assert tries(api, arn) == []


async def test_an_event_of_a_deleted_function_is_dropped(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    arn = await api.deploy(source=FAILS)
    await api("Invoke", FunctionName=arn, InvocationType="Event")
    await finished(api, arn, 1)
    await api("DeleteFunction", FunctionName=arn)
    api.clock.advance(60)
    await until(lambda: "FunctionDeleted" in caplog.text)


async def test_what_is_refused_at_once(api: Api) -> None:
    arn = await api.deploy(source=FAILS)
    with pytest.raises(Failed, match="ResourceNotFoundException"):
        await api("Invoke", FunctionName="absent", InvocationType="Event")
    with pytest.raises(Failed) as refused:
        await api("Invoke", FunctionName=arn, InvocationType="Event", Payload=b'"' + b"x" * 1_048_575 + b'"')
    assert (refused.value.status, refused.value.code) == (413, "RequestEntityTooLargeException")


async def test_events_of_a_rig_that_ends_are_named(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    arn = await api.deploy(source=FAILS)
    answer = await api("Invoke", FunctionName=arn, InvocationType="Event")
    await finished(api, arn, 1)
    await api.service.close()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert f"event {request_id} of {arn} is lost: the rig ends" in caplog.text


async def test_the_older_operation(api: Api) -> None:
    arn = await api.deploy(source="def handler(event, context): print('got', event)")
    assert (await api("InvokeAsync", FunctionName=arn, InvokeArgs=b'{"a": 1}'))["Status"] == 202
    await until(lambda: "got {'a': 1}\n" in api.log(arn))


class Breaks(Invocations):
    """Invocations that fail at first as nobody foresaw."""

    failures = 1

    def start(self, *arguments: Any, **options: Any) -> Call:
        if self.failures:
            self.failures -= 1
            raise KeyError("a bug")
        return super().start(*arguments, **options)


async def test_an_error_of_the_rig_itself_is_tried_again_as_one_of_awss_would_be(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    arn = await api.deploy(source="def handler(event, context): print('got', event)")
    api.service._invocations.__class__ = Breaks
    await api("Invoke", FunctionName=arn, InvocationType="Event", Payload=b"1")
    await until(lambda: "KeyError: 'a bug'" in caplog.text)
    await settle()
    api.clock.advance(1)
    await until(lambda: "got 1\n" in api.log(arn))
