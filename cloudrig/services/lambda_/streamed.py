"""An answer that a function streams, from the Runtime API to whoever called.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from cloudrig.engine.interfaces import Invocation
from cloudrig.services.lambda_ import reports
from cloudrig.services.lambda_.call import Call
from cloudrig.services.lambda_.runtime_api import MAX_RESPONSE_BYTES

MAX_STREAMED_BYTES = 200 * 1024 * 1024


class StreamedResponse:
    """Takes the pieces of one answer; implements `runtime_api.ResponseSink`."""

    def __init__(self, call: Call, content_type: str, number: str, done: Callable[[Invocation], int]) -> None:
        """`done` takes the answer at its end and says what the runtime is told."""
        self._call = call
        self._number = number
        self._done = done
        self._collected = bytearray()
        self._size_bytes = 0
        if call.stream is not None:
            call.stream.open(content_type)

    @property
    def _too_large(self) -> bool:
        return self._size_bytes > (MAX_RESPONSE_BYTES if self._call.stream is None else MAX_STREAMED_BYTES)

    def data(self, piece: bytes) -> None:
        self._size_bytes += len(piece)
        if self._too_large:
            self._collected.clear()
        elif self._call.stream is not None:
            self._call.stream.put(piece)
        else:
            self._collected += piece

    def end(self, trailers: Mapping[str, str]) -> int:
        error = trailers.get("lambda-runtime-function-error-body")
        if self._too_large:
            return self._done(Invocation(reports.RESPONSE_TOO_LARGE, "Unhandled", self._number))
        if "lambda-runtime-function-error-type" in trailers or error:
            return self._done(Invocation(_decoded(error or ""), "Unhandled", self._number))
        return self._done(Invocation(bytes(self._collected), None, self._number))


def _decoded(error: str) -> bytes:
    try:
        return base64.b64decode(error, validate=True) or b"{}"
    except binascii.Error:
        return b"{}"
