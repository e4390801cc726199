"""The Lambda service in a whole rig, as boto3 and HTTP clients use it."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cloudrig.engine.config import Config
from cloudrig.rig import Rig
from tests.rigs import client
from tests.services.lambda_.harness import archive

ROLE = "arn:aws:iam::000000000000:role/functions"
STREAMS = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/plain'); stream.write('one')
  await new Promise((resolve) => setTimeout(resolve, 300)); stream.write('two'); stream.end()
})"""


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(Config(data_dir=tmp_path, port=0)) as rig:
        yield rig


async def make(functions: Any, name: str, **members: Any) -> str:
    given = {"Runtime": "python3.12", "Role": ROLE, "Handler": "m.handler", "FunctionName": name}
    made = await asyncio.to_thread(functions.create_function, **{**given, **members})
    arn: str = made["FunctionArn"]
    return arn


async def test_waiters_and_paginators(rig: Rig) -> None:
    functions = client(rig, "lambda")
    await make(functions, "f", Code={"ZipFile": archive("def handler(e, c): return 1")})

    def use() -> list[str]:
        functions.get_waiter("function_exists").wait(FunctionName="f")
        functions.get_waiter("function_active").wait(FunctionName="f")
        functions.get_waiter("function_active_v2").wait(FunctionName="f")
        functions.update_function_configuration(FunctionName="f", Timeout=9)
        functions.get_waiter("function_updated").wait(FunctionName="f")
        functions.get_waiter("function_updated_v2").wait(FunctionName="f")
        functions.publish_version(FunctionName="f")
        functions.get_waiter("published_version_active").wait(FunctionName="f", Qualifier="1")
        pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName="f")
        return [version["Version"] for page in pages for version in page["Versions"]]

    assert await asyncio.to_thread(use) == ["$LATEST", "1"]


async def test_records_reach_real_queues(rig: Rig) -> None:
    functions, queues = client(rig, "lambda"), client(rig, "sqs")
    urls = [await asyncio.to_thread(queues.create_queue, QueueName=name) for name in ("dead", "failed")]
    target = "arn:aws:sqs:us-east-1:000000000000:"
    await make(
        functions,
        "f",
        Code={"ZipFile": archive("def handler(e, c): raise ValueError('no')")},
        DeadLetterConfig={"TargetArn": f"{target}dead"},
    )
    config = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": f"{target}failed"}}}
    await asyncio.to_thread(functions.put_function_event_invoke_config, FunctionName="f", **config)
    await asyncio.to_thread(functions.invoke, FunctionName="f", InvocationType="Event", Payload=b'{"a": 1}')

    def receive(url: str) -> dict[str, Any]:
        answer = queues.receive_message(QueueUrl=url, WaitTimeSeconds=10, MessageAttributeNames=["All"])
        message: dict[str, Any] = answer["Messages"][0]
        return message

    dead, failed = [await asyncio.to_thread(receive, url["QueueUrl"]) for url in urls]
    assert json.loads(dead["Body"]) == {"a": 1}
    assert dead["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"
    assert json.loads(failed["Body"])["requestContext"]["condition"] == "RetriesExhausted"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
async def test_streams_arrive_as_they_are_written(rig: Rig) -> None:
    """By function URL and by the SDK: the first piece is there before the second is written."""
    functions = client(rig, "lambda")
    code = {"ZipFile": archive(files={"index.js": STREAMS})}
    await make(functions, "s", Runtime="nodejs20.x", Handler="index.handler", Code=code)
    made = await asyncio.to_thread(
        functions.create_function_url_config, FunctionName="s", AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )
    statement = {"StatementId": "u", "Action": "lambda:InvokeFunctionUrl", "Principal": "*"}
    await asyncio.to_thread(functions.add_permission, FunctionName="s", FunctionUrlAuthType="NONE", **statement)
    async with aiohttp.ClientSession() as session, session.get(made["FunctionUrl"]) as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")
        assert await answer.content.readany() == b"one"
        first = time.monotonic()
        assert await answer.content.read() == b"two"
        assert time.monotonic() - first > 0.1

    def by_sdk() -> list[dict[str, Any]]:
        return list(functions.invoke_with_response_stream(FunctionName="s", Payload=b"{}")["EventStream"])

    messages = await asyncio.to_thread(by_sdk)
    assert [message["PayloadChunk"]["Payload"] for message in messages[:-1]] == [b"one", b"two"]
    assert messages[-1] == {"InvokeComplete": {}}
