"""The engine's HTTP client for dynoxide: the hottest path of the engine, so it knows only what dynoxide speaks.

HTTP/1.1 over loopback, keep-alive, answers with Content-Length. One request at a time on a connection; a pool of
connections. aiohttp's client does the same for about four times the CPU.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

MAX_CONNECTIONS = 32
"""dynoxide carries out one statement at a time; more connections would only queue up there instead of here."""


class Unreachable(Exception):
    """dynoxide is not there; nothing of the request has reached it."""


class ConnectionLost(Exception):
    """The connection broke while a request was under way; whether dynoxide carried it out is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response; header names are in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


Then = Callable[[Answer | None], None]
"""Called with the answer, or None when the connection broke, even if nobody waits for the answer any more."""


class Client:
    """A pool of connections to one dynoxide process."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._connecting = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def send(self, message: bytes, then: Then | None = None) -> Answer:
        """Send one request, head and body together, and wait for its answer.

        Cancelling the caller leaves the request under way. Raises Unreachable, ConnectionLost.
        """
        connection = self._idle.pop() if self._idle else await self._acquire()
        return await connection.send(message, then)

    def close(self) -> None:
        """Break every connection; requests under way end with ConnectionLost."""
        for connection in tuple(self._open):
            connection.abort()

    async def _acquire(self) -> _Connection:
        while len(self._open) + self._connecting >= MAX_CONNECTIONS:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
            if self._idle:
                return self._idle.pop()
        self._connecting += 1
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self), self._host, self._port
            )
        except OSError as error:
            raise Unreachable(str(error)) from error
        finally:
            self._connecting -= 1
        return connection

    def opened(self, connection: _Connection) -> None:
        self._open.add(connection)

    def released(self, connection: _Connection) -> None:
        self._idle.append(connection)
        self._next_turn()

    def lost(self, connection: _Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._next_turn()

    def _next_turn(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class _Connection(asyncio.Protocol):
    """One keep-alive connection. Reads a response as soon as its bytes are complete."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._then: Then | None = None
        self._received = bytearray()
        self._expected = 0

    async def send(self, message: bytes, then: Then | None) -> Answer:
        if self._transport is None:
            raise Unreachable("the connection was closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._then = then
        self._transport.write(message)
        return await self._answer

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        self._client.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._client.lost(self)
        self._finish(ConnectionLost("dynoxide closed the connection"))

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if len(received) < self._expected:
            return
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return
        headers = _parse_headers(bytes(received[:end]))
        total = end + 4 + int(headers.get(b"content-length", b"0"))
        if len(received) < total:
            self._expected = total
            return
        answer = Answer(int(received[9:12]), headers, bytes(received[end + 4 : total]))
        self._received, self._expected = bytearray(), 0
        self._finish(answer)

    def _finish(self, outcome: Answer | ConnectionLost) -> None:
        waiting, then = self._answer, self._then
        self._answer = self._then = None
        if isinstance(outcome, Answer):
            self._client.released(self)
        if waiting is not None and not waiting.done():
            if isinstance(outcome, Answer):
                waiting.set_result(outcome)
            else:
                waiting.set_exception(outcome)
        if then is not None:
            then(outcome if isinstance(outcome, Answer) else None)


def _parse_headers(head: bytes) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return headers
