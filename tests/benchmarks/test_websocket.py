"""The load generator's WebSocket against a server of another make."""

from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from benchmarks.errors import Unfit
from benchmarks.websocket import frame, source_address, take_frame, text, websockets


async def _echo(connection: ServerConnection) -> None:
    await (await connection.ping())
    async for message in connection:
        await connection.send(message)


def _refuse(connection: ServerConnection, request: Request) -> Response | None:
    return connection.respond(403, "no entry") if request.path == "/closed" else None


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serve(_echo, "127.0.0.1", 0, process_request=_refuse) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def test_messages_of_all_lengths_come_back_and_pings_are_answered(url: str) -> None:
    async with websockets(url, 3) as sockets:
        for socket in sockets:
            for message in ("", "x" * 125, "y" * 126, "z" * 65_535):
                assert await socket.ask(text(message)) == message.encode()
            assert socket.received == 4
            assert socket.is_open
    assert not any(socket.is_open for socket in sockets)


async def test_a_refused_handshake_says_how_it_was_answered(url: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with websockets(f"{url}/closed", 1):
            pass
    assert caught.group_contains(Unfit, match="403 no entry")


async def test_a_server_that_ends_the_connection_is_noticed(url: str) -> None:
    async with websockets(url, 1) as [socket]:
        with pytest.raises(ConnectionError):
            await socket.ask(frame(0x81, b"\xff is no UTF-8"))
        assert not socket.is_open


def test_a_message_in_several_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="several frames"):
        take_frame(bytearray(b"\x01\x01a"))


def test_only_loopback_has_several_source_addresses() -> None:
    assert {source_address("ws://127.0.0.1:1", number) for number in range(20)} == {
        f"127.0.0.{last}" for last in range(1, 9)
    }
    assert source_address("wss://abc.execute-api.us-east-1.amazonaws.com", 3) is None
