"""Frames (aws-behaviour §4.1) and what the gateway itself sends (§5.4), one test per row."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from scenarios.conformance.client import connection_id, dialled, hear, message_of, say
from scenarios.conformance.deployment import Deployment
from scenarios.conformance.parity import Parity
from scenarios.patience import PATIENCE_S, until

KB = 1024


async def still_open(client: ClientConnection) -> bool:
    return await say(client, "do", **{"return": {"statusCode": 200, "body": "here"}}) == "here"


async def close_code(client: ClientConnection) -> int:
    """What the connection was closed with."""
    async with asyncio.timeout(PATIENCE_S):
        try:
            while True:
                await client.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006


# --- §4.1 ------------------------------------------------------------------------------------------------------------


async def test_text_message(deployed: Deployment) -> None:
    """Row: "Text message ≤128 KB, every frame ≤32 KB": routed."""
    async with dialled(deployed.websocket("plain")) as client:
        body = {"action": "do", "do": {"return": {"statusCode": 200, "body": "got it"}}, "padding": ""}
        body["padding"] = "x" * (128 * KB - len(json.dumps(body)))
        text = json.dumps(body)
        await client.send(text[at : at + 32 * KB] for at in range(0, len(text), 32 * KB))
        assert await hear(client) == "got it"


@pytest.mark.parametrize("sizes", [[32 * KB + 1], [32 * KB] * 4 + [1]], ids=["frame", "message"])
async def test_too_large(deployed: Deployment, sizes: list[int]) -> None:
    """Row: "Frame >32 KB, or message >128 KB (131,072 bytes, after reassembly)": close **1009**."""
    async with dialled(deployed.websocket("plain")) as client:
        await client.send("x" * sizes[0]) if len(sizes) == 1 else await client.send("x" * size for size in sizes)
        assert await close_code(client) == 1009


async def test_binary(deployed: Deployment) -> None:
    """Row: "Binary frame": rejected, close **1003**."""
    async with dialled(deployed.websocket("plain")) as client:
        await client.send(b"{}")
        assert await close_code(client) == 1003


@pytest.mark.unverified
async def test_ping(deployed: Deployment) -> None:
    """Row: "Ping": no AWS promise; answered as RFC 6455 demands."""
    async with dialled(deployed.websocket("plain")) as client:
        async with asyncio.timeout(PATIENCE_S):
            await (await client.ping(b"x"))
        assert await still_open(client)


async def test_close_frame(deployed: Deployment) -> None:
    """Row: "Close frame": `$disconnect` runs."""
    async with dialled(deployed.websocket("plain")) as client:
        gone = await connection_id(client)
    event = await until(
        lambda: asyncio.to_thread(deployed.disconnected, gone), lambda event: event is not None, "$disconnect ran"
    )
    assert event is not None
    assert event["requestContext"]["eventType"] == "DISCONNECT"


# --- §5.4 ------------------------------------------------------------------------------------------------------------


async def test_forbidden(deployed: Deployment, parity: Parity) -> None:
    """Row: "`Forbidden`": no matching route and no `$default`; the socket stays open."""
    async with dialled(deployed.websocket("plain")) as client:
        assert message_of(parity("frame-forbidden", await say(client, "nowhere"))) == "Forbidden"
        await client.send("no json")
        assert message_of(await hear(client)) == "Forbidden"
        assert await still_open(client)


@pytest.mark.parametrize(
    "do",
    [{"throw": "boom"}, {"return": {"body": "x"}}, {"return": {"statusCode": 200, "x": 1}}, {"return": "text"}],
    ids=["throws", "no status", "unknown key", "text"],
)
@pytest.mark.parametrize("action", ["do", "mute"])
async def test_internal_server_error(deployed: Deployment, parity: Parity, action: str, do: dict[str, object]) -> None:
    """Row: "`Internal server error`": handler threw, malformed response; with a route response and without."""
    async with dialled(deployed.websocket("plain")) as client:
        assert message_of(parity("frame-internal", await say(client, action, **do))) == "Internal server error"
        assert await still_open(client)


@pytest.mark.parametrize("action", ["private", "missing", "unreachable"])
async def test_integration_fails(deployed: Deployment, parity: Parity, action: str) -> None:
    """Row: "`Internal server error`": function missing/not permitted, integration failure."""
    async with dialled(deployed.websocket("plain")) as client:
        assert message_of(parity("frame-integration-fails", await say(client, action))) == "Internal server error"
        assert await still_open(client)


async def test_timed_out(deployed: Deployment, parity: Parity) -> None:
    """Row: "`Endpoint request timed out`": integration passed its timeout (29 s default; here 0.5 s)."""
    async with dialled(deployed.websocket("plain")) as client:
        frame = parity("frame-timed-out", await say(client, "slow", sleep=3))
        assert message_of(frame) == "Endpoint request timed out"
        assert await still_open(client)


async def test_bad_request_body(deployed: Deployment, parity: Parity) -> None:
    """Row: "`Bad request body` (with `messageId` in place of `requestId`)": model validation failed."""
    async with dialled(deployed.websocket("plain")) as client:
        frame = parity("frame-bad-request-body", await say(client, "checked"))
        assert message_of(frame, "messageId") == "Bad request body"
        assert await still_open(client)
