"""One client's socket: the frames of `frames.py` over the transport of an accepted aiohttp request.

aiohttp does the HTTP part. After its 101 the `Socket` is the connection's parser, so a message takes no queue and no
task on its way in, and a frame none on its way out. The gateway never pings.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from enum import StrEnum
from typing import Protocol

from aiohttp.web import BaseRequest, StreamResponse

from cloudrig.services.apigateway.websocket import frames
from cloudrig.services.apigateway.websocket.frames import FrameReader, Ping, Text, Violation

MAX_IN_FLIGHT = 512
"""Messages of one socket being handled at once; further ones wait in the socket's buffers."""
MAX_UNSENT_BYTES = 1024 * 1024
"""What a client may leave unread before it is no longer written to."""
CLOSE_REPLY_S = 5.0
"""How long a client has to answer a close frame, and to read what was sent before it."""

_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class SocketState(StrEnum):
    OPEN = "open"  # → CLOSING by a close frame of either side, FAILED by a violation, CLOSED by loss
    CLOSING = "closing"  # our close frame is out; → CLOSED when the client has answered, or after CLOSE_REPLY_S
    FAILED = "failed"  # as CLOSING, but what still comes in is not read: it may be anything
    CLOSED = "closed"


class Listener(Protocol):
    """Whom a socket tells what happens; both are called on the event loop and must not wait or raise."""

    def on_text(self, text: str) -> None: ...

    def on_close(self, code: int, reason: str) -> None:
        """The connection is over for the gateway; called once. `code` 1006 is a lost one."""
        ...


class Socket:
    """One WebSocket. It has the methods aiohttp asks of a parser: `feed_data` and `feed_eof`."""

    __slots__ = ("_in_flight", "_linger", "_listener", "_protocol", "_reader", "_state", "_transport", "closed")

    def __init__(self, raw: BaseRequest, listener: Listener) -> None:
        """Raises ConnectionResetError where the client has already gone."""
        if raw.transport is None:
            raise ConnectionResetError("the client went away during the handshake")
        self._protocol = raw.protocol
        self._transport = raw.transport
        self._listener = listener
        self._reader = FrameReader()
        self._state = SocketState.OPEN
        self._in_flight = 0
        self._linger: asyncio.TimerHandle | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- what comes in -----------------------------------------------------------------------------------------------

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        if self._state is not SocketState.FAILED:
            self._reader.receive(data)
            self._take_messages()
        return False, b""

    def feed_eof(self) -> None:
        """The TCP connection is gone."""
        if self._state is SocketState.OPEN:
            self._end(SocketState.CLOSED, frames.ABNORMAL, "")
        self._state = SocketState.CLOSED
        if self._linger is not None:
            self._linger.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    def begin(self) -> None:
        """A message is being handled; every `begin` has its `finish`."""
        self._in_flight += 1
        if self._in_flight == MAX_IN_FLIGHT:
            self._protocol.pause_reading()

    def finish(self) -> None:
        self._in_flight -= 1
        if self._in_flight == MAX_IN_FLIGHT - 1 and self._state is SocketState.OPEN:
            self._protocol.resume_reading()
            self._take_messages()

    def _take_messages(self) -> None:
        try:
            while self._in_flight < MAX_IN_FLIGHT:
                message = self._reader.next_message()
                if message is None:
                    return
                self._take(message)
        except Violation as violation:
            self._fail(violation)

    def _take(self, message: frames.Message) -> None:
        if isinstance(message, Text):
            if self._state is SocketState.OPEN:
                self._listener.on_text(message.text)
        elif isinstance(message, Ping):
            if self._state is SocketState.OPEN and self._has_room():
                self._transport.write(frames.pong(message.payload))
        else:
            self._client_closes(message.code, message.reason)

    def _client_closes(self, code: int, reason: str) -> None:
        if self._state is SocketState.OPEN:
            self._transport.write(frames.close(code))
            self._end(SocketState.CLOSING, code, reason)
        self._transport.close()

    # --- what goes out -----------------------------------------------------------------------------------------------

    def send_text(self, payload: bytes) -> bool:
        """Send one text message (UTF-8). False where the client reads too slowly, or the connection is closing."""
        if self._state is not SocketState.OPEN or not self._has_room():
            return False
        self._transport.write(frames.text_message(payload))
        return True

    def close(self, code: int, reason: str = "") -> None:
        """Close from this side: the connection is over at once, the socket once the client has answered."""
        if self._state is SocketState.OPEN:
            self._transport.write(frames.close(code, reason))
            self._end(SocketState.CLOSING, code, reason)

    def abort(self) -> None:
        """Cut the TCP connection."""
        self._transport.abort()

    def _fail(self, violation: Violation) -> None:
        """Close for a violation. Only the writing half is closed: cut off with data unread, TCP would reset the
        connection and the client might never see why. TLS has no halves, but closes with a farewell of its own.
        """
        if self._state is SocketState.OPEN:
            self._transport.write(frames.close(violation.code, violation.reason))
            self._end(SocketState.FAILED, violation.code, violation.reason)
            if self._transport.can_write_eof():
                self._transport.write_eof()
            else:
                self._transport.close()
        self._state = SocketState.FAILED

    def _end(self, state: SocketState, code: int, reason: str) -> None:
        """The connection is over for the gateway, though its TCP connection may live on for a moment."""
        if self._in_flight >= MAX_IN_FLIGHT:  # the client's close frame may wait behind messages nobody reads any more
            self._protocol.resume_reading()
        self._state = state
        self._linger = asyncio.get_running_loop().call_later(CLOSE_REPLY_S, self._transport.abort)
        self._listener.on_close(code, reason)

    def _has_room(self) -> bool:
        return self._transport.get_write_buffer_size() < MAX_UNSENT_BYTES


class SwitchingProtocols(StreamResponse):
    """The 101 that turns a request into a socket."""

    def __init__(self, key: str, subprotocol: str | None) -> None:
        super().__init__(status=101)
        digest = hashlib.sha1(key.encode() + _ACCEPT_GUID, usedforsecurity=False).digest()
        self.headers["Upgrade"] = "websocket"
        self.headers["Connection"] = "Upgrade"
        self.headers["Sec-WebSocket-Accept"] = base64.b64encode(digest).decode()
        if subprotocol is not None:
            self.headers["Sec-WebSocket-Protocol"] = subprotocol
        self.force_close()


def is_websocket_key(text: str) -> bool:
    """Whether a `Sec-WebSocket-Key` is 16 bytes in base64 (RFC 6455, section 4.1)."""
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
