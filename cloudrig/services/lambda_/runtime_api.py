"""The HTTP side of the Lambda Runtime API: what the runtime client in an environment talks to.

Written on asyncio's protocols for what such clients send: HTTP/1.1, one request at a time per connection, bodies with a
Content-Length or in chunks; answers that are streamed are passed on chunk by chunk. aiohttp's server spends three times
as long per request, and every invocation makes two.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from cloudrig.services.lambda_.chunked import BadChunk, ChunkedBody

MAX_RESPONSE_BYTES = 6_291_556
"""A function's answer may have this many bytes (6 MB and 100)."""

_MAX_HEAD_BYTES = 1024 * 1024 + 64 * 1024
"""AWS's runtime clients put an error's cause into a header, for X-Ray, while it has less than 1 MB."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
_STREAMING = re.compile(rb"\r\nlambda-runtime-function-response-mode:[ \t]*streaming", re.IGNORECASE)
_CONTENT_TYPE = re.compile(rb"\r\ncontent-type:[ \t]*([^\r]*)", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
_ERROR_TYPE = re.compile(rb"\r\nlambda-runtime-function-error-type:[ \t]*([^\r]*)", re.IGNORECASE)
_FROM_A_PAGE = re.compile(rb"\r\n(?:origin:|sec-fetch-site:|host:(?![ \t]*127\.0\.0\.1:))", re.IGNORECASE)
"""In heads that browsers send, for any page of any site: with a name of the page's own for this address, or saying that
the request crosses sites. No runtime does; of the Sec-Fetch headers, Node.js's `fetch` sends Sec-Fetch-Mode only.
"""
_PREFIX = "/2018-06-01/runtime/"
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    413: "Payload Too Large",
}
_ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'


@dataclass(frozen=True, slots=True)
class RuntimeEvent:
    """One event for the runtime: the answer to `GET …/invocation/next`."""

    request_id: str
    function_arn: str
    trace_id: str
    payload: bytes
    client_context: str | None = None


class ResponseSink(Protocol):
    """Takes an answer that is streamed."""

    def data(self, piece: bytes) -> None: ...

    def end(self, trailers: Mapping[str, str]) -> int:
        """The answer is complete, or ended by the error in the trailers."""
        ...


class Runtime(Protocol):
    """What an environment makes of its runtime's requests; what is returned is the HTTP status to answer."""

    def next_event(self, connection: RuntimeConnection) -> None:
        """The runtime is ready; `connection.send_event` answers it, now or later."""
        ...

    def response(self, request_id: str, body: bytes | None) -> int:
        """The function returned. `body` is None where it was larger than MAX_RESPONSE_BYTES (answered 413)."""
        ...

    def open_response(self, request_id: str, content_type: str) -> ResponseSink | None:
        """The function begins to stream its answer; None where no answer to such an event is waited for."""
        ...

    def error(self, request_id: str, body: bytes) -> int:
        """The function raised; `body` is the error as JSON."""
        ...

    def init_error(self, error_type: str, body: bytes) -> int:
        """The function could not be loaded."""
        ...


class RuntimeConnection(asyncio.Protocol):
    """One connection of a runtime client."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._head: bytes | None = None
        self._length = 0
        self._skipped = 0
        self._chunks: ChunkedBody | None = None
        self._body = bytearray()
        self._sink: ResponseSink | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._received and self._take_request():
            pass

    def send_event(self, event: RuntimeEvent, deadline_ms: int) -> None:
        """Hand the runtime its next event. The deadline is the process's own time, wherever the rig's clock stands."""
        context = f"Lambda-Runtime-Client-Context: {event.client_context}\r\n" if event.client_context else ""
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {event.request_id}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {event.function_arn}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
            f"Lambda-Runtime-Trace-Id: {event.trace_id}\r\n{context}"
            f"Content-Length: {len(event.payload)}\r\n\r\n"
        )
        if self._transport is not None:
            self._transport.write(head.encode() + event.payload)

    def _take_request(self) -> bool:
        """Take one whole request out of what was received; False where it has not all arrived."""
        if self._head is None and not self._take_head():
            return False
        if self._chunks is not None:
            return self._take_chunks(self._chunks)
        if self._length > MAX_RESPONSE_BYTES:
            return self._skip_body()
        if len(self._received) < self._length:
            return False
        head, body = self._head, bytes(memoryview(self._received)[: self._length])
        del self._received[: self._length]
        self._head = None
        self._dispatch(head or b"", body)
        return True

    def _take_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > _MAX_HEAD_BYTES:
                self._refuse(400, "HeadTooLarge")
            return False
        self._head = bytes(memoryview(self._received)[:end])
        del self._received[: end + 4]
        if _FROM_A_PAGE.search(self._head):
            self._head = None
            self._refuse(403, "Forbidden")
            return False
        if _CONTINUE.search(self._head):
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if _CHUNKED.search(self._head):
            self._chunks, self._sink = ChunkedBody(), self._open_sink(self._head)
            return True
        length = _LENGTH.search(self._head)
        self._length, self._skipped = int(length.group(1)) if length else 0, 0
        return True

    def _open_sink(self, head: bytes) -> ResponseSink | None:
        match _target(head):
            case b"POST", ["invocation", request_id, "response"] if _STREAMING.search(head):
                found = _CONTENT_TYPE.search(head)
                content_type = found.group(1).decode("latin-1").strip() if found else "application/octet-stream"
                return self._runtime.open_response(request_id, content_type)
        return None

    def _take_chunks(self, chunks: ChunkedBody) -> bool:
        """Pass on or collect what came of a body in chunks; of one that is too large, collect no more."""
        try:
            data = chunks.feed(bytes(self._received))
        except BadChunk:
            self._refuse(400, "BadChunk")
            return False
        self._received.clear()
        if self._sink is not None:
            self._sink.data(data)
        elif len(self._body) <= MAX_RESPONSE_BYTES:
            self._body += data
        if not chunks.ended:
            return False
        self._received += chunks.rest
        head, body, sink = self._head or b"", bytes(self._body), self._sink
        self._head = self._chunks = self._sink = None
        self._body.clear()
        if sink is not None:
            self._answer(sink.end(chunks.trailers))
        else:
            self._dispatch(head, body if len(body) <= MAX_RESPONSE_BYTES else None)
        return True

    def _skip_body(self) -> bool:
        """Throw a body away that is too large to be an answer, holding none of it."""
        taken = min(len(self._received), self._length - self._skipped)
        del self._received[:taken]
        self._skipped += taken
        if self._skipped < self._length:
            return False
        head, self._head = self._head, None
        self._dispatch(head or b"", None)
        return True

    def _dispatch(self, head: bytes, body: bytes | None) -> None:
        match _target(head):
            case b"GET", ["invocation", "next"]:
                self._runtime.next_event(self)
            case b"POST", ["invocation", request_id, "response"]:
                self._answer(self._runtime.response(request_id, body))
            case b"POST", ["invocation", request_id, "error"] if body is not None:
                self._answer(self._runtime.error(request_id, body or b"{}"))
            case b"POST", ["invocation", request_id, "error"]:  # too large, as an answer is; unverified
                self._answer(self._runtime.response(request_id, None))
            case b"POST", ["init", "error"]:
                found = _ERROR_TYPE.search(head)
                error_type = found.group(1).decode("latin-1").strip() if found else "Runtime.Unknown"
                self._answer(self._runtime.init_error(error_type, body or b"{}"))
            case _:
                self._answer(404)

    def _answer(self, status: int) -> None:
        if status == 202:
            self._write(_ACCEPTED)
        elif status == 413:
            message = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            self._error(413, "RequestEntityTooLarge", message)
        elif status == 400:
            self._error(400, "InvalidRequestID", "Invalid request ID")
        elif status == 403:
            self._error(403, "InvalidStateTransition", "State transition is not allowed")
        else:
            self._error(404, "NotFound", "The Runtime API has no such path")

    def _error(self, status: int, error_type: str, message: str) -> None:
        body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
        head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
        self._write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def _refuse(self, status: int, error_type: str) -> None:
        """Answer a request that is not read to its end, and close: what follows it has no known beginning."""
        self._received.clear()
        self._error(status, error_type, error_type)
        if self._transport is not None:
            self._transport.close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def _target(head: bytes) -> tuple[bytes, list[str]]:
    """Method and path of a request, the path in its parts after the Runtime API's prefix."""
    method, _, rest = head.partition(b" ")
    target = rest.partition(b" ")[0].decode("latin-1")
    return method, target.removeprefix(_PREFIX).split("/")
