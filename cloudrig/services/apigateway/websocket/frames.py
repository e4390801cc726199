"""WebSocket frames of the server's side, without I/O: bytes in, messages out (RFC 6455, no extensions).

API Gateway's limits are enforced on the header, before the payload is there: a frame over 32 KB or a message over
128 KB ends the connection with 1009, a binary frame with 1003.
Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAX_FRAME_BYTES = 32 * 1024
MAX_MESSAGE_BYTES = 128 * 1024
MAX_CONTROL_BYTES = 125

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_FIN, _RESERVED_BITS, _MASKED = 0x80, 0x70, 0x80

NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED_DATA = 1000, 1001, 1002, 1003
NO_STATUS, ABNORMAL, INVALID_TEXT, TOO_BIG = 1005, 1006, 1007, 1009


class Violation(Exception):
    """The client broke the protocol or a limit; `code` is what to close with."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Ping:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """`code` is 1005 where the frame had none."""

    code: int
    reason: str


Message = Text | Ping | Close


class FrameReader:
    """Reassembles one client's messages. `receive` what came, then take `next_message` until it gives None."""

    __slots__ = ("_buffer", "_fragments")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._fragments: bytearray | None = None

    def receive(self, data: bytes) -> None:
        self._buffer += data

    def next_message(self) -> Message | None:
        """Raises Violation; after that the reader is of no further use."""
        while (frame := self._next_frame()) is not None:
            message = self._accept(*frame)
            if message is not None:
                return message
        return None

    def _next_frame(self) -> tuple[bool, int, bytes] | None:
        """Final bit, opcode and unmasked payload; None until the frame is complete."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        opcode, size, start = first & 0x0F, second & 0x7F, 6
        if size == 126:
            if len(buffer) < 4:
                return None
            size, start = struct.unpack_from("!H", buffer, 2)[0], 8
        elif size == 127:
            if len(buffer) < 10:
                return None
            size, start = struct.unpack_from("!Q", buffer, 2)[0], 14
        self._check_header(first, second, opcode, size)
        if len(buffer) < start + size:
            return None
        payload = _unmask(bytes(buffer[start : start + size]), bytes(buffer[start - 4 : start]))
        del buffer[: start + size]
        return bool(first & _FIN), opcode, payload

    def _check_header(self, first: int, second: int, opcode: int, size: int) -> None:
        if first & _RESERVED_BITS or opcode not in _OPCODES or not second & _MASKED:
            raise Violation(PROTOCOL_ERROR)
        if opcode & 0x8:
            if size > MAX_CONTROL_BYTES or not first & _FIN:
                raise Violation(PROTOCOL_ERROR)
            return
        if (opcode == CONTINUATION) != (self._fragments is not None):
            raise Violation(PROTOCOL_ERROR)
        if opcode == BINARY:
            raise Violation(UNSUPPORTED_DATA)
        if size > MAX_FRAME_BYTES or size + len(self._fragments or b"") > MAX_MESSAGE_BYTES:
            raise Violation(TOO_BIG)

    def _accept(self, final: bool, opcode: int, payload: bytes) -> Message | None:
        if opcode == PING:
            return Ping(payload)
        if opcode == PONG:
            return None
        if opcode == CLOSE:
            return _close(payload)
        if self._fragments is not None:
            self._fragments += payload
            payload = bytes(self._fragments) if final else b""
        if final:
            self._fragments = None
            return Text(_decode(payload))
        if self._fragments is None:
            self._fragments = bytearray(payload)
        return None


def text_message(payload: bytes) -> bytes:
    """A text message as frames of at most 32 KB, ready to be written."""
    if len(payload) <= MAX_FRAME_BYTES:
        return _frame(_FIN | TEXT, payload)
    pieces = [payload[start : start + MAX_FRAME_BYTES] for start in range(0, len(payload), MAX_FRAME_BYTES)]
    middle = [_frame(CONTINUATION, piece) for piece in pieces[1:-1]]
    return b"".join([_frame(TEXT, pieces[0]), *middle, _frame(_FIN | CONTINUATION, pieces[-1])])


def pong(payload: bytes) -> bytes:
    return _frame(_FIN | PONG, payload)


def close(code: int, reason: str = "") -> bytes:
    """A close frame; 1005 and 1006 never go over the wire, so they make an empty one."""
    if code in (NO_STATUS, ABNORMAL):
        return _frame(_FIN | CLOSE, b"")
    return _frame(_FIN | CLOSE, struct.pack("!H", code) + reason.encode()[: MAX_CONTROL_BYTES - 2])


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def _unmask(payload: bytes, mask: bytes) -> bytes:
    """XOR with the repeated mask, as one big number: some ten times faster than byte by byte."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def _decode(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise Violation(INVALID_TEXT) from None


def _close(payload: bytes) -> Close:
    if not payload:
        return Close(NO_STATUS, "")
    if len(payload) == 1:
        raise Violation(PROTOCOL_ERROR)
    code = struct.unpack_from("!H", payload)[0]
    if not (1000 <= code <= 1014 and code not in (1004, NO_STATUS, ABNORMAL)) and not 3000 <= code <= 4999:
        raise Violation(PROTOCOL_ERROR)
    return Close(code, _decode(payload[2:]))
