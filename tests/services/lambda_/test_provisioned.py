"""Provisioned concurrency: Lambda guide `provisioned-concurrency.html`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cloudrig.services.lambda_.fleet import IDLE_LIMIT_S
from tests.services.lambda_.fakes import Gate
from tests.services.lambda_.harness import Api, Failed

SOURCE = """
import os
def handler(event, context):
    return [os.getpid(), os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
"""
WAITS = """
import os, socket
def handler(event, context):
    host, port = os.environ["GATE"].split(":")
    with socket.create_connection((host, int(port))) as gate:
        gate.sendall(os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"].encode() + b"\\n")
        gate.recv(1)
"""


async def ready(api: Api, arn: str, qualifier: str) -> None:
    """Return once the environments are there, or could not be started."""
    async with asyncio.timeout(20):
        while (await config(api, arn, qualifier))["Status"] == "IN_PROGRESS":  # noqa: ASYNC110  what an SDK would ask
            await asyncio.sleep(0.01)


async def config(api: Api, arn: str, qualifier: str) -> dict[str, Any]:
    answer = await api("GetProvisionedConcurrencyConfig", FunctionName=arn, Qualifier=qualifier)
    answer.pop("ResponseMetadata")
    return answer


async def put(api: Api, arn: str, qualifier: str, count: int) -> dict[str, Any]:
    return await api(
        "PutProvisionedConcurrencyConfig",
        FunctionName=arn,
        Qualifier=qualifier,
        ProvisionedConcurrentExecutions=count,
    )


async def test_environments_are_ready_before_the_first_event_and_stay(api: Api) -> None:
    arn = await api.deploy(source=SOURCE, Publish=True)
    answer = await put(api, arn, "1", 2)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (answer["Status"], answer["RequestedProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 2)
    await ready(api, arn, "1")
    found = await config(api, arn, "1")
    assert found == {
        "RequestedProvisionedConcurrentExecutions": 2,
        "AvailableProvisionedConcurrentExecutions": 2,
        "AllocatedProvisionedConcurrentExecutions": 2,
        "Status": "READY",
        "LastModified": found["LastModified"],
    }
    assert sum("INIT_START" in line for line in api.log(arn)) == 2
    api.clock.advance(10 * IDLE_LIMIT_S)
    _, kind = await api.run(f"{arn}:1")
    assert kind == "provisioned-concurrency"
    assert sum("INIT_START" in line for line in api.log(arn)) == 2, "none was retired"


async def test_events_beyond_that_start_environments_on_demand(api: Api, gate: Gate) -> None:
    arn = await api.deploy(source=WAITS, Publish=True, Environment={"Variables": {"GATE": gate.address}}, Timeout=30)
    await put(api, arn, "1", 1)
    await ready(api, arn, "1")
    calls = [asyncio.ensure_future(api.run(f"{arn}:1")) for _ in range(2)]
    arrived = [await gate.arrived() for _ in range(2)]
    assert sorted(kind for kind, _ in arrived) == ["on-demand", "provisioned-concurrency"]
    for _, writer in arrived:
        await gate.open(writer)
    await asyncio.gather(*calls)


async def test_an_alias_takes_its_environments_to_the_version_it_points_to(api: Api) -> None:
    arn = await api.deploy(source=SOURCE, Publish=True)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    await put(api, arn, "live", 1)
    await ready(api, arn, "live")
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=9)
    await api("PublishVersion", FunctionName=arn)
    await api("UpdateAlias", FunctionName=arn, Name="live", FunctionVersion="2")
    await ready(api, arn, "live")
    assert (await api.run(f"{arn}:live"))[1] == "provisioned-concurrency"
    assert sum("INIT_START" in line for line in api.log(arn)) == 2


async def test_a_function_that_cannot_be_loaded_is_reported_as_failed(api: Api) -> None:
    arn = await api.deploy(source="raise ValueError('no')", Publish=True)
    await put(api, arn, "1", 1)
    await ready(api, arn, "1")
    found = await config(api, arn, "1")
    assert (found["Status"], found["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")


async def test_configurations_are_listed_and_deleted(api: Api) -> None:
    arn = await api.deploy(source=SOURCE, Publish=True)
    await put(api, arn, "1", 1)
    await ready(api, arn, "1")
    listed = await api("ListProvisionedConcurrencyConfigs", FunctionName=arn)
    assert [(one["FunctionArn"], one["Status"]) for one in listed["ProvisionedConcurrencyConfigs"]] == [
        (f"{arn}:1", "READY")
    ]
    for _ in range(2):
        await api("DeleteProvisionedConcurrencyConfig", FunctionName=arn, Qualifier="1")
    with pytest.raises(Failed) as failed:
        await config(api, arn, "1")
    assert (failed.value.status, failed.value.code) == (404, "ProvisionedConcurrencyConfigNotFoundException")
    assert failed.value.message == "No Provisioned Concurrency Config found for this function"


async def test_what_cannot_be_provisioned(api: Api) -> None:
    arn = await api.deploy(source=SOURCE, Publish=True)
    await api("CreateAlias", FunctionName=arn, Name="live", FunctionVersion="1")
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=1)
    for qualifier, count, code, text in (
        ("$LATEST", 1, "InvalidParameterValueException", "cannot be applied to unpublished function versions"),
        ("1", 2, "InvalidParameterValueException", "should not be greater than the reservedConcurrentExecution"),
        ("7", 1, "ResourceNotFoundException", "Function not found"),
    ):
        with pytest.raises(Failed) as failed:
            await put(api, arn, qualifier, count)
        assert failed.value.code == code
        assert text in failed.value.message
    await api("DeleteFunctionConcurrency", FunctionName=arn)
    with pytest.raises(Failed, match=r"below its minimum value of \[100\]"):
        await put(api, arn, "1", 901)
    await put(api, arn, "1", 1)
    with pytest.raises(Failed, match="on an already Provisioned version"):
        await put(api, arn, "live", 1)
    await api("DeleteProvisionedConcurrencyConfig", FunctionName=arn, Qualifier="1")
    await put(api, arn, "live", 1)
    with pytest.raises(Failed, match="pointed by a Provisioned Concurrency alias"):
        await put(api, arn, "1", 1)
