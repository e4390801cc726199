"""Asynchronous invocation: Lambda guide `invocation-async-error-handling.html`; aws-behaviour §10.5."""

from __future__ import annotations

import pytest

from tests.services.lambda_.harness import Api, Failed, settle, until

FAILS = """
def handler(event, context):
    print("tried", context.aws_request_id)
    raise ValueError(event)
"""


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


async def test_an_event_that_grew_too_old_is_dropped(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    arn = await api.deploy(source=FAILS)
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumEventAgeInSeconds=60)
    await api("Invoke", FunctionName=arn, InvocationType="Event")
    await finished(api, arn, 1)
    api.clock.advance(61)
    await until(lambda: "EventAgeExceeded" in caplog.text)
    assert len(tries(api, arn)) == 1


async def test_a_throttled_event_waits_and_uses_up_no_retry(api: Api) -> None:
    arn = await api.deploy(source=FAILS)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0)
    await api("Invoke", FunctionName=arn, InvocationType="Event")
    await settle()
    api.clock.advance(1)
    await settle()
    await api("DeleteFunctionConcurrency", FunctionName=arn)
    api.clock.advance(1)
    await settle()
    assert tries(api, arn) == []
    api.clock.advance(1)
    await finished(api, arn, 1)
    assert len(tries(api, arn)) == 1


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
