"""Configuration of asynchronous invocation: API_PutFunctionEventInvokeConfig and its siblings."""

from __future__ import annotations

import pytest

from tests.services.lambda_.harness import Api, Failed


async def test_put_replaces_and_update_changes(api: Api) -> None:
    arn = await api.deploy()
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60)
    await api("UpdateFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=0)
    shown = await api("GetFunctionEventInvokeConfig", FunctionName=arn)
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (0, 60)
    assert shown["FunctionArn"] == f"{arn}:$LATEST"
    await api("PutFunctionEventInvokeConfig", FunctionName=arn, MaximumRetryAttempts=2)
    shown = await api("GetFunctionEventInvokeConfig", FunctionName=arn)
    assert "MaximumEventAgeInSeconds" not in shown
    listed = await api("ListFunctionEventInvokeConfigs", FunctionName=arn)
    assert [one["MaximumRetryAttempts"] for one in listed["FunctionEventInvokeConfigs"]] == [2]


async def test_without_one(api: Api) -> None:
    arn = await api.deploy()
    for operation in ("Get", "Delete", "Update"):
        with pytest.raises(Failed, match=r"404 ResourceNotFoundException: .*doesn't have an EventInvokeConfig"):
            await api(f"{operation}FunctionEventInvokeConfig", FunctionName=arn)
    await api("PutFunctionEventInvokeConfig", FunctionName=arn)
    await api("DeleteFunctionEventInvokeConfig", FunctionName=arn)
    assert (await api("ListFunctionEventInvokeConfigs", FunctionName=arn))["FunctionEventInvokeConfigs"] == []


async def test_destinations_are_refused(api: Api) -> None:
    target = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:queue"}}
    with pytest.raises(Failed, match=r"501 NotImplemented: .*destinations"):
        await api("PutFunctionEventInvokeConfig", FunctionName=await api.deploy(), DestinationConfig=target)


async def test_limits_of_the_model(api: Api) -> None:
    with pytest.raises(Failed, match=r"400 ValidationException: .*maximumRetryAttempts"):
        await api("PutFunctionEventInvokeConfig", FunctionName=await api.deploy(), MaximumRetryAttempts=3)
