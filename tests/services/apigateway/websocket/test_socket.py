"""Sockets at their edges: backpressure, frames cut anywhere, clients that do not play along (RFC 6455; §4.1)."""

from __future__ import annotations

import asyncio
import base64
import struct

import pytest
from websockets.exceptions import ConnectionClosed

from cloudrig.services.apigateway.websocket import socket
from cloudrig.services.apigateway.websocket.socket import SwitchingProtocols, is_websocket_key
from tests.services.apigateway.fakes import Event, echo, ok
from tests.services.apigateway.harness import Deployed, Harness, Route
from tests.services.apigateway.websocket.test_frames import client_frame


def test_accept_key() -> None:
    """RFC 6455 §1.3: its own example."""
    response = SwitchingProtocols("dGhlIHNhbXBsZSBub25jZQ==", "chat")
    assert response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert response.headers["Sec-WebSocket-Protocol"] == "chat"


@pytest.mark.parametrize(
    ("key", "answer"),
    [(base64.b64encode(bytes(16)).decode(), True), ("", False), ("AAAA", False), ("é", False), ("A" * 22, False)],
)
def test_keys(key: str, answer: bool) -> None:
    """RFC 6455 §4.1: 16 bytes in base64."""
    assert is_websocket_key(key) is answer


async def test_no_more_in_flight_than_the_limit(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that floods has so many messages handled at once and no more; the rest wait, then all are answered."""
    monkeypatch.setattr(socket, "MAX_IN_FLIGHT", 3)
    go_on, running = asyncio.Event(), []

    async def wait(event: Event) -> object:
        running.append(event["body"])
        await go_on.wait()
        return {"statusCode": 200, "body": event["body"]}

    api = await harness.deploy({"$default": Route(wait, answers=True), "$disconnect": ok})
    async with api.connect() as client, api.connect() as other:
        for number in range(10):
            await client.send(str(number))
        await harness.events_of("MESSAGE", 3)
        await (await other.ping())
        assert running == ["0", "1", "2"]
        go_on.set()
        assert {await client.recv() for _ in range(10)} == {str(number) for number in range(10)}


async def test_frames_byte_by_byte(harness: Harness) -> None:
    """A message arrives whole however TCP cuts it, handshake and first message in one piece included."""
    api = await harness.deploy({"echo": Route(echo, answers=True)})
    message = b'{"action":"echo"}'
    frame, answer = client_frame(1, message), struct.pack("!BB", 0x81, len(message)) + message
    reader, writer = await handshake(api, frame)
    assert await reader.readexactly(len(answer)) == answer
    for index in range(len(frame)):
        writer.write(frame[index : index + 1])
        await writer.drain()
    assert await reader.readexactly(len(answer)) == answer
    writer.close()


async def test_client_that_never_answers_a_close(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is over at once; its TCP connection is cut when the client's time to answer is up."""
    monkeypatch.setattr(socket, "CLOSE_REPLY_S", 0.05)
    api = await harness.deploy({"$disconnect": ok, "a": ok})
    reader, writer = await handshake(api)
    harness.clock.advance(600)
    assert await harness.events_of("DISCONNECT")
    assert await asyncio.wait_for(reader.read(), 5) == b"\x88\x0c" + struct.pack("!H", 1001) + b"Going away"
    writer.close()


async def test_what_follows_a_violation_is_not_read(harness: Harness) -> None:
    """After a frame that breaks a limit nothing more of the client counts."""
    api = await harness.deploy({"$default": ok})
    async with api.connect() as client:
        client.transport.write(client_frame(2, b"x") + client_frame(1, b"late") * 100)
        with pytest.raises(ConnectionClosed):
            await client.recv()
    assert harness.invoker.events == []


async def handshake(api: Deployed, more: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection by hand, its 101 read; `more` is sent in one piece with the request."""
    host, port = api.harness.addresses.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request_head(api) + more)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    return reader, writer


def request_head(api: Deployed) -> bytes:
    """A handshake's request."""
    headers = "Host: x", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"
    lines = [f"GET {api.path} HTTP/1.1", *headers, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""]
    return "\r\n".join(lines).encode()
