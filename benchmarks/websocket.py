"""WebSocket clients on a `Link` (RFC 6455): the handshake and short text messages, each in one frame."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from benchmarks.errors import Unfit
from benchmarks.link import Link, http_request, take_answer

SWITCHING_PROTOCOLS = 101
CLOSE_S = 5.0
_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_NO_MASK = b"\0\0\0\0"  # legal, and the bytes stay as they are


class WebSocket:
    """An open WebSocket. Made by `connect`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        link.switch(self._take)

    @classmethod
    async def connect(cls, url: str, source: str | None = None) -> WebSocket:
        """Connect and shake hands. Raises OSError; Unfit where the handshake is refused."""
        address = urlsplit(url)
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        }
        link = await Link.open(address, take_answer, source)
        answer = await link.ask(http_request("GET", address, headers))
        if answer.status != SWITCHING_PROTOCOLS:
            link.close()
            raise Unfit(f"the handshake was answered {answer.status} {answer.body[:100].decode(errors='replace')}")
        return cls(link)

    @property
    def received(self) -> int:
        """How many messages have come."""
        return self._link.received

    @property
    def is_open(self) -> bool:
        return self._link.lost is None and not self._closed.done()

    async def ask(self, frame: bytes) -> bytes:
        """Send a frame and wait for the next message. Raises ConnectionError."""
        answer: bytes = await self._link.ask(frame)
        return answer

    async def close(self) -> None:
        """Close as a browser does; cut off after `CLOSE_S` seconds."""
        if self.is_open:
            self._link.write(frame(_CLOSE, b"\x03\xe8"))
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._closed
        self._link.close()

    def _take(self, buffer: bytearray) -> bytes | None:
        """Take the next text message; control frames are answered on the way."""
        while (found := take_frame(buffer)) is not None:
            opcode, payload = found
            if opcode == _TEXT:
                return payload
            if opcode == _PING:
                self._link.write(frame(_PONG, payload))
            elif opcode == _CLOSE and not self._closed.done():
                self._closed.set_result(None)
                self._link.close()
        return None


def text(message: str) -> bytes:
    """The frame of a text message."""
    return frame(_TEXT, message.encode())


def frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame of up to 65,535 bytes."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([opcode]) + length + _NO_MASK + payload


def take_frame(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take a server's frame as first byte and payload; None while it has not all arrived. Raises ValueError."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1], 2
    if size >= 126:
        start += 2 if size == 126 else 8
        size = int.from_bytes(buffer[2:start], "big")
    if len(buffer) < start + size:
        return None
    opcode, payload = buffer[0], bytes(buffer[start : start + size])
    if not opcode & 0x80:
        raise ValueError("a message came in several frames")
    del buffer[: start + size]
    return opcode, payload


@asynccontextmanager
async def websockets(url: str, count: int, at_once: int = 200) -> AsyncIterator[list[WebSocket]]:
    """So many open sockets, closed afterwards, from several loopback addresses: one has but 28,000 ports for them."""
    sockets: list[WebSocket] = []
    numbers = iter(range(count))

    async def opener() -> None:
        for number in numbers:
            sockets.append(await WebSocket.connect(url, source_address(url, number)))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, count)):
                group.create_task(opener())
        yield sockets
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


def source_address(url: str, number: int) -> str | None:
    """127.0.0.1 … 127.0.0.8 in turn for a server on loopback; any address otherwise."""
    return f"127.0.0.{1 + number % 8}" if urlsplit(url).hostname == "127.0.0.1" else None
