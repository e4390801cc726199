"""aws-behaviour §10.2, row by row: what a caller of Invoke gets when a function, or the call itself, fails."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.services.lambda_.harness import Api, Failed, archive

PYTHON = """
import os, sys, time
def handler(event, context):
    if event == "raise": raise ValueError("no")
    if event == "sleep": time.sleep(9)
    if event == "exit": sys.exit(0)
    if event == "exit 3": os._exit(3)
    if event == "large": return "x" * 6291600
"""


async def answered(api: Api, arn: str, event: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Invoke's answer and its payload; a function's error is HTTP 200 with `X-Amz-Function-Error: Unhandled`."""
    answer = await api("Invoke", FunctionName=arn, Payload=json.dumps(event).encode())
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    return answer, json.loads(answer["Payload"])


async def test_python(api: Api) -> None:
    arn = await api.deploy(source=PYTHON)
    answer, error = await answered(api, arn, "raise")
    assert set(error) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    assert (error["errorMessage"], error["errorType"]) == ("no", "ValueError")
    assert error["requestId"] == answer["ResponseMetadata"]["RequestId"]


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
async def test_node(api: Api) -> None:
    code = {"ZipFile": archive(files={"index.js": "exports.handler = async () => { throw new Error('no') }"})}
    _, error = await answered(api, await api.deploy("index.handler", Runtime="nodejs20.x", Code=code), "raise")
    assert list(error) == ["errorType", "errorMessage", "trace"]


async def test_timeout(api: Api) -> None:
    arn = await api.deploy(source=PYTHON, Timeout=1)
    answer, error = await answered(api, arn, "sleep")
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert error == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
    }


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("exit", "Error: Runtime exited without providing a reason"),
        ("exit 3", "Error: Runtime exited with error: exit status 3"),
    ],
)
async def test_process_exit(api: Api, event: str, message: str) -> None:
    answer, error = await answered(api, await api.deploy(source=PYTHON), event)
    assert error == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {answer['ResponseMetadata']['RequestId']} {message}",
    }


async def test_an_answer_too_big(api: Api) -> None:
    _, error = await answered(api, await api.deploy(source=PYTHON), "large")
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert "6291556 bytes" in error["errorMessage"]


async def test_throttle(api: Api) -> None:
    arn = await api.deploy(source=PYTHON)
    await api("PutFunctionConcurrency", FunctionName=arn, ReservedConcurrentExecutions=0)
    with pytest.raises(Failed) as refused:
        await api("Invoke", FunctionName=arn)
    answer = refused.value.answer
    assert (refused.value.status, refused.value.code) == (429, "TooManyRequestsException")
    assert (answer["Reason"], answer["Type"]) == ("ReservedFunctionConcurrentInvocationLimitExceeded", "User")
    assert refused.value.message == "Rate Exceeded."


async def test_a_function_that_is_not_there(api: Api) -> None:
    with pytest.raises(Failed) as refused:
        await api("Invoke", FunctionName="absent")
    assert (refused.value.status, refused.value.code) == (404, "ResourceNotFoundException")
    assert refused.value.message == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent"
