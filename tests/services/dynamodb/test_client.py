from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from cloudrig.services.dynamodb.client import MAX_CONNECTIONS, Answer, Client, ConnectionLost, Unreachable

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Amzn-RequestId: R1\r\ncontent-length: %d\r\n\r\n%s"


class FakeServer:
    """An HTTP server whose answers are written by `answering`, one per line it reads."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.connections = 0

    async def start(self) -> Client:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return Client(*self._server.sockets[0].getsockname())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while await reader.readline():
            await self._answering(reader, writer)
        writer.close()

    def close(self) -> None:
        self._server.close()


Serving = Callable[[Answering], Awaitable[tuple[Client, FakeServer]]]


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    open_: list[tuple[Client, FakeServer]] = []

    async def start(answering: Answering) -> tuple[Client, FakeServer]:
        server = FakeServer(answering)
        open_.append((await server.start(), server))
        return open_[-1]

    yield start
    for client, server in open_:
        client.close()
        server.close()


async def test_one_connection_serves_many_requests(serving: Serving) -> None:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK % (2, b"{}"))

    client, server = await serving(answering)
    for _ in range(3):
        answer = await client.send(b"request\n")
    assert (answer.status, answer.body, answer.headers[b"x-amzn-requestid"]) == (200, b"{}", b"R1")
    assert server.connections == 1


async def test_an_answer_may_come_in_pieces(serving: Serving) -> None:
    """The head cut anywhere, the body in two parts, each given time to arrive alone."""
    body = json.dumps({"a": "b" * 1000}).encode()
    whole = OK % (len(body), body)

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (whole[:20], whole[20:70], whole[70:300], whole[300:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.005)

    client, _ = await serving(answering)
    assert (await client.send(b"request\n")).body == body


async def test_more_requests_than_connections_wait_their_turn(serving: Serving) -> None:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK % (2, b"{}"))

    client, server = await serving(answering)
    answers = await asyncio.gather(*(client.send(b"request\n") for _ in range(5 * MAX_CONNECTIONS)))
    assert {answer.status for answer in answers} == {200}
    assert server.connections <= MAX_CONNECTIONS


async def test_nobody_listening_is_unreachable(serving: Serving) -> None:
    """Nothing was sent, so the request may be sent again, whatever it does."""

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...

    client, server = await serving(answering)
    server.close()
    with pytest.raises(Unreachable):
        await client.send(b"request\n")


async def test_connection_lost_under_way(serving: Serving) -> None:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-le")
        writer.close()

    client, _ = await serving(answering)
    outcomes: list[Answer | None] = []
    with pytest.raises(ConnectionLost):
        await client.send(b"request\n", outcomes.append)
    assert outcomes == [None]


async def test_what_comes_after_happens_though_the_caller_left(serving: Serving) -> None:
    """A client that hangs up does not undo its write: the stream must be read all the same."""
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await go_on.wait()
        writer.write(OK % (2, b"{}"))

    client, server = await serving(answering)
    done = asyncio.Event()
    request = asyncio.create_task(client.send(b"request\n", lambda answer: done.set()))
    await arrived.wait()
    request.cancel()
    go_on.set()
    async with asyncio.timeout(5):
        await done.wait()
    assert (await client.send(b"request\n")).status == 200
    assert server.connections == 1
