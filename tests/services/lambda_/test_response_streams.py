"""InvokeWithResponseStream, read back by botocore: API_InvokeWithResponseStream."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Caller, Request
from tests.services.lambda_.harness import Api, archive

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
STREAMS = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one'); await new Promise((resolve) => setTimeout(resolve, 50)); stream.write({ two: 2 })
  if (event.fail) throw new TypeError('no')
  if (event.left) return
  if (event.dies) process.exit(3)
  if (event.hangs) await new Promise((resolve) => setTimeout(resolve, 60000))
  stream.end()
})
exports.early = awslambda.streamifyResponse(async () => { throw new TypeError('early') })
"""


async def run(api: Api, arn: str, event: object = None, query: str = "", **headers: str) -> list[tuple[str, bytes]]:
    """Types and payloads of the messages."""
    path = f"/2021-11-15/functions/{arn}/response-streaming-invocations"
    named = CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))
    request = Request("POST", path, query, named, json.dumps(event).encode(), caller=Caller(api.scope))
    answer = await api.service.call("InvokeWithResponseStream", request)
    assert answer.stream is not None, answer.body
    assert answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    buffer = EventStreamBuffer()
    async for piece in answer.stream:
        buffer.add_data(piece)
    messages: list[Any] = list(buffer)
    return [(message.headers[":event-type"], message.payload) for message in messages]


async def deploy(api: Api, handler: str = "index.handler") -> str:
    return await api.deploy(handler, Runtime="nodejs20.x", Code={"ZipFile": archive(files={"index.js": STREAMS})})


@needs_node
async def test_pieces_then_the_end(api: Api) -> None:
    assert await run(api, await deploy(api), {}) == [
        ("PayloadChunk", b"one"),
        ("PayloadChunk", b'{"two":2}'),
        ("InvokeComplete", b"{}"),
    ]


@needs_node
@pytest.mark.parametrize(
    ("event", "handler", "message"),
    [
        ({"fail": 1}, "index.handler", "no"),
        ({"left": 1}, "index.handler", "Response stream is not finished."),
        ({}, "index.early", "early"),
    ],
)
async def test_an_error_on_the_way_is_told_at_the_end(api: Api, event: Any, handler: str, message: str) -> None:
    kind, payload = (await run(api, await deploy(api, handler), event))[-1]
    complete = json.loads(payload)
    assert kind == "InvokeComplete"
    assert complete["ErrorCode"] in ("TypeError", "Error")
    assert json.loads(complete["ErrorDetails"])["errorMessage"] == message


@needs_node
@pytest.mark.parametrize(("event", "code"), [({"dies": 1}, "Runtime.ExitError"), ({"hangs": 1}, "Sandbox.Timedout")])
async def test_a_process_that_ends_in_mid_stream(api: Api, event: Any, code: str) -> None:
    """What was written has arrived; the end tells why there is no more, and the next event finds a new process."""
    arn = await deploy(api)
    await api("UpdateFunctionConfiguration", FunctionName=arn, Timeout=2)
    messages = await run(api, arn, event)
    assert messages[0] == ("PayloadChunk", b"one")
    assert json.loads(messages[-1][1])["ErrorCode"] == code
    assert (await run(api, arn, {}))[-1] == ("InvokeComplete", b"{}")


@needs_node
async def test_a_streaming_function_invoked_the_plain_way(api: Api) -> None:
    """Its pieces are put together; it goes on to take events."""
    arn = await deploy(api)
    for _ in range(2):
        assert (await api.service.invoke(arn, b"{}")).payload == b'one{"two":2}'
    assert (await api.failing(arn, {"fail": 1}))["errorMessage"] == "no"
    assert (await api.service.invoke(arn, b"{}")).payload == b'one{"two":2}'


async def test_a_function_that_does_not_stream(api: Api) -> None:
    arn = await api.deploy(source="def handler(event, context):\n  print('hi')\n  return 1 / event")
    assert await run(api, arn, 2) == [("PayloadChunk", b"0.5"), ("InvokeComplete", b"{}")]
    messages = await run(api, arn, 0, X_Amz_Log_Type="Tail")
    assert [kind for kind, _ in messages] == ["InvokeComplete"]
    complete = json.loads(messages[0][1])
    assert complete["ErrorCode"] == "ZeroDivisionError"
    assert complete["LogResult"]
