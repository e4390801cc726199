"""What is kept and shown: runtimes-update.html and invocation-recursion.html of the Lambda guide."""

from __future__ import annotations

import pytest

from tests.services.lambda_.harness import Api, Failed

RUNTIME = "arn:aws:lambda:us-east-1::runtime:" + "0" * 64


async def test_recursive_loops(api: Api) -> None:
    arn = await api.deploy()
    assert (await api("GetFunctionRecursionConfig", FunctionName=arn))["RecursiveLoop"] == "Terminate"
    await api("PutFunctionRecursionConfig", FunctionName=arn, RecursiveLoop="Allow")
    assert (await api("GetFunctionRecursionConfig", FunctionName=arn))["RecursiveLoop"] == "Allow"


async def test_runtime_updates_by_qualifier(api: Api) -> None:
    arn = await api.deploy(Publish=True)
    shown = await api("GetRuntimeManagementConfig", FunctionName=arn)
    assert (shown["UpdateRuntimeOn"], shown["FunctionArn"]) == ("Auto", f"{arn}:$LATEST")
    await api("PutRuntimeManagementConfig", FunctionName=arn, UpdateRuntimeOn="Manual", RuntimeVersionArn=RUNTIME)
    shown = await api("GetRuntimeManagementConfig", FunctionName=arn)
    assert (shown["UpdateRuntimeOn"], shown["RuntimeVersionArn"]) == ("Manual", RUNTIME)
    assert (await api("GetRuntimeManagementConfig", FunctionName=arn, Qualifier="1"))["UpdateRuntimeOn"] == "Auto"


async def test_a_version_goes_with_manual_updates(api: Api) -> None:
    arn = await api.deploy()
    for members in ({"UpdateRuntimeOn": "Manual"}, {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": RUNTIME}):
        with pytest.raises(Failed, match="400 InvalidParameterValueException: RuntimeVersionArn is required"):
            await api("PutRuntimeManagementConfig", FunctionName=arn, **members)
