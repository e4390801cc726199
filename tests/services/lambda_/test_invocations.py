"""Invoking: concurrency, sizes, permissions, events. Lambda guide `lambda-concurrency.html`, API_Invoke."""

from __future__ import annotations

import asyncio
import json

import pytest

from cloudrig.engine.errors import AccessDenied
from cloudrig.engine.events import Event
from cloudrig.services.lambda_ import invocations, state
from cloudrig.services.lambda_.errors import RequestEntityTooLarge, ResourceNotFound, TooManyRequests
from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Api, Failed, settle, until

WAITS = """
import os, socket
def handler(event, context):
    host, port = os.environ["GATE"].split(":")
    with socket.create_connection((host, int(port))) as gate:
        gate.sendall(b"here\\n")
        gate.recv(1)
"""
ECHO = "def handler(event, context): return event"


async def test_reserved_concurrency_is_the_most_at_once(api: Api, gate: Gate) -> None:
    """429 TooManyRequestsException with the reason, and the next event is welcome again."""
    arn = await api.deploy(source=WAITS, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=1)
    call = asyncio.ensure_future(api.run(arn))
    _, writer = await gate.arrived()
    with pytest.raises(Failed) as refused:
        await api("Invoke", FunctionName=arn)
    assert (refused.value.status, refused.value.code) == (429, "TooManyRequestsException")
    assert refused.value.message == "Rate Exceeded."
    assert refused.value.answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert refused.value.answer["Type"] == "User"
    await gate.open(writer)
    await call
    call = asyncio.ensure_future(api.run(arn))
    await gate.open((await gate.arrived())[1])
    await call


async def test_reserved_zero_stops_a_function(api: Api) -> None:
    arn = await api.deploy(source=ECHO)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    with pytest.raises(TooManyRequests):
        await api.service.invoke(arn, b"{}")
    await api("DeleteFunctionConcurrency", FunctionName=arn)
    assert await api.run(arn, 1) == 1


async def test_functions_without_a_reservation_share_the_rest(
    api: Api, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "ACCOUNT_CONCURRENCY", 2)
    monkeypatch.setattr(state, "MIN_UNRESERVED_CONCURRENCY", 0)
    waiting = await api.deploy(source=WAITS, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    reserved, echo = await api.deploy(source=ECHO), await api.deploy(source=ECHO)
    await api("PutFunctionConcurrency", FunctionName=reserved, ReservedConcurrentExecutions=1)
    call = asyncio.ensure_future(api.run(waiting))
    _, writer = await gate.arrived()
    with pytest.raises(TooManyRequests) as refused:
        await api.service.invoke(echo, b"{}")
    assert refused.value.members["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert await api.run(reserved, 1) == 1
    await gate.open(writer)
    await call
    assert await api.run(echo, 2) == 2


async def test_events_that_only_wait_for_a_busy_environment_do_not_use_up_the_accounts_concurrency(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On AWS a function this fast would be through with each before the next comes, or nearly so."""
    monkeypatch.setattr(state, "ACCOUNT_CONCURRENCY", 2)
    arn = await api.deploy(source="import os\ndef handler(event, context): return os.getpid()")
    await api.run(arn)
    assert len(set(await asyncio.gather(*(api.run(arn) for _ in range(100))))) <= 2


async def test_an_event_may_have_6_mb(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = await api.deploy(source="def handler(event, context): return len(event)")
    assert await api.run(arn, "x" * (invocations.MAX_SYNC_BYTES - 2)) == invocations.MAX_SYNC_BYTES - 2
    with pytest.raises(RequestEntityTooLarge) as refused:
        await api.service.invoke(arn, b"x" * (invocations.MAX_SYNC_BYTES + 1))
    assert refused.value.status == 413
    assert refused.value.message == (
        "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"
    )


async def test_a_service_needs_a_permission(api: Api) -> None:
    arn = await api.deploy(source=ECHO)
    source = "arn:aws:execute-api:us-east-1:000000000000:abcdefghij/prod/$connect"
    gateway = "apigateway.amazonaws.com"
    with pytest.raises(AccessDenied):
        await api.service.invoke(arn, b"{}", principal=gateway, source_arn=source)
    await api(
        "AddPermission",
        FunctionName=arn,
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal=gateway,
        SourceArn="arn:aws:execute-api:us-east-1:000000000000:abcdefghij/*",
    )
    assert await api.run(arn, 1, principal=gateway, source_arn=source) == 1
    with pytest.raises(AccessDenied):
        await api.service.invoke(arn, b"{}", principal=gateway, source_arn=source.replace("abcdefghij", "other"))
    await api("RemovePermission", FunctionName=arn, StatementId="gateway")
    with pytest.raises(AccessDenied):
        await api.service.invoke(arn, b"{}", principal=gateway, source_arn=source)


async def test_a_function_that_is_not_there(api: Api) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:absent"
    with pytest.raises(ResourceNotFound, match=f"Function not found: {arn}"):
        await api.service.invoke(arn, b"{}")
    with pytest.raises(ResourceNotFound):
        await api.service.invoke(arn, b"{}", principal="apigateway.amazonaws.com")


async def test_a_version_is_run_by_its_qualifier(api: Api) -> None:
    arn = await api.deploy(source="def handler(event, context): return context.invoked_function_arn", Publish=True)
    await api("UpdateFunctionConfiguration", FunctionName=arn, Description="newer")
    assert await api.run(f"{arn}:1") == f"{arn}:1"
    with pytest.raises(ResourceNotFound, match=f"{arn}:2"):
        await api.service.invoke(f"{arn}:2", b"{}")


async def test_an_invocation_is_one_event_for_listeners(api: Api) -> None:
    arn = await api.deploy(source=ECHO)
    heard: list[Event] = []
    with api.service._invocations._events.subscribe(heard.append):
        await api.run(arn, {"a": 1})
    assert [event.kind for event in heard] == ["lambda.invoke"]
    assert heard[0].fields["request_bytes"] == len(json.dumps({"a": 1}))
    assert heard[0].fields["function_error"] is None


async def test_a_caller_who_goes_away_leaves_the_function_running_and_counted(api: Api, gate: Gate) -> None:
    """Its concurrency is free when the function has ended, not when nobody listens any more."""
    arn = await api.deploy(source=WAITS, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=1)
    call = asyncio.ensure_future(api.run(arn))
    _, writer = await gate.arrived()
    call.cancel()
    await settle()
    with pytest.raises(TooManyRequests):
        await api.service.invoke(arn, b"{}")
    await gate.open(writer)
    await until(lambda: any(line.startswith("REPORT") for line in api.log(arn)))
    again = asyncio.ensure_future(api.run(arn))
    _, writer = await gate.arrived()
    await gate.open(writer)
    await again
