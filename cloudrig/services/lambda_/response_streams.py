"""InvokeWithResponseStream: an answer as a stream of events.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html;
https://smithy.io/2.0/aws/amazon-eventstream.html (lengths, headers, payload and checksums of each message)
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator

from multidict import CIMultiDict

from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.messages import Response
from cloudrig.services.lambda_.call import AnswerStream, Call

_STRING = 7
"""The type of a header whose value is text."""


def event_stream(stream: AnswerStream, call: Call, version: str) -> Response:
    """The response that carries an answer while it comes."""
    headers = CIMultiDict(
        {
            "Content-Type": "application/vnd.amazon.eventstream",
            "X-Amz-Executed-Version": version,
            "x-amzn-RequestId": call.event.request_id,
        }
    )
    return Response(200, b"", headers, _messages(stream, call))


async def _messages(stream: AnswerStream, call: Call) -> AsyncIterator[bytes]:
    async for piece in stream.pieces():
        yield message("PayloadChunk", "application/octet-stream", piece)
    answer = await call.answer
    if answer.payload and answer.function_error is None:
        yield message("PayloadChunk", "application/octet-stream", answer.payload)
    complete: dict[str, str] = {}
    if answer.function_error is not None:
        complete = {"ErrorCode": _error_code(answer), "ErrorDetails": answer.payload.decode("utf-8", "replace")}
    if call.wants_tail:
        complete["LogResult"] = base64.b64encode(answer.log_tail).decode()
    yield message("InvokeComplete", "application/json", json.dumps(complete).encode())


def _error_code(answer: Invocation) -> str:
    """The type of the function's error; `Unhandled` where it gave none (unverified)."""
    try:
        return str(json.loads(answer.payload)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "Unhandled"


def message(event_type: str, content_type: str, payload: bytes) -> bytes:
    """One message of an event stream."""
    headers = b"".join(
        _header(name, value)
        for name, value in (
            (":event-type", event_type),
            (":content-type", content_type),
            (":message-type", "event"),
        )
    )
    prelude = struct.pack("!II", len(headers) + len(payload) + 16, len(headers))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    whole = prelude + headers + payload
    return whole + struct.pack("!I", zlib.crc32(whole))


def _header(name: str, value: str) -> bytes:
    return struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(value)) + value.encode()
