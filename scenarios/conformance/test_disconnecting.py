"""Why a connection ended, as `$disconnect` is told (aws-behaviour §6.2), and `@connections` (§7), one test per row."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from scenarios.conformance.client import connection_id, dialled, hear, refusal, told, told_of
from scenarios.conformance.deployment import STAGE, Deployment
from scenarios.conformance.parity import Parity
from scenarios.patience import PATIENCE_S

# --- §6.2 ------------------------------------------------------------------------------------------------------------


async def test_no_status(deployed: Deployment, parity: Parity) -> None:
    """Row: "Client sent a close frame without status": 1005, `Client-side close frame status not set`."""
    async with dialled(deployed.websocket("plain")) as client:
        gone = await connection_id(client)
        client.transport.write(b"\x88\x80\x00\x00\x00\x00")
        await client.wait_closed()
    assert parity("disconnect-no-status", await told_of(deployed, gone)) == (
        1005,
        "Client-side close frame status not set",
    )


async def test_tab_closed(deployed: Deployment, parity: Parity) -> None:
    """Row: "Browser tab closed / navigated": 1001, empty."""
    async with dialled(deployed.websocket("plain")) as client:
        gone = await connection_id(client)
        await client.close(1001, "")
    assert parity("disconnect-tab-closed", await told_of(deployed, gone)) == (1001, "")


async def test_code_and_text(deployed: Deployment, parity: Parity) -> None:
    """Row: "Client closed with code and text": that code, that text."""
    async with dialled(deployed.websocket("plain")) as client:
        gone = await connection_id(client)
        await client.close(4321, "so long")
    assert parity("disconnect-code-and-text", await told_of(deployed, gone)) == (4321, "so long")


async def test_deleted(deployed: Deployment, parity: Parity) -> None:
    """Row: "`DELETE @connections`": 1000, `Connection Closed Normally`; the client sees the same code."""
    async with dialled(deployed.websocket("plain")) as client:
        gone = await connection_id(client)
        await asyncio.to_thread(deployed.callbacks().delete_connection, ConnectionId=gone)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(client)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
    assert parity("disconnect-deleted", await told_of(deployed, gone)) == (1000, "Connection Closed Normally")


@pytest.mark.unverified
async def test_lost(deployed: Deployment, parity: Parity) -> None:
    """Row: "Abrupt loss of TCP": 1006 (U; may come late or never on AWS)."""
    async with dialled(deployed.websocket("plain")) as client:
        gone = await connection_id(client)
        client.transport.abort()
    assert parity("disconnect-lost", await told_of(deployed, gone))[0] == 1006


# --- §7 --------------------------------------------------------------------------------------------------------------


async def failure(deployed: Deployment, operation: str, kind: str = "plain", stage: str = STAGE, **members: Any) -> Any:
    """Code and status of a call that must fail."""
    client = deployed.callbacks(kind, stage)
    with pytest.raises(ClientError) as raised:
        await asyncio.to_thread(getattr(client, operation), **members)
    error = raised.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


async def test_post(deployed: Deployment) -> None:
    """Row: "`POST`": 200, empty body; bytes are sent as a **text** message."""
    async with dialled(deployed.websocket("plain")) as client:
        to = await connection_id(client)
        answer = await asyncio.to_thread(deployed.callbacks().post_to_connection, ConnectionId=to, Data=b"hello")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"
        assert await hear(client) == "hello"


@pytest.mark.unverified
async def test_post_of_no_text(deployed: Deployment) -> None:
    """Row: "`POST`": invalid UTF-8 becomes U+FFFD, an encoded surrogate a single one (as an emulator's author saw)."""
    async with dialled(deployed.websocket("plain")) as client:
        to = await connection_id(client)
        data = b"a\xffb\xed\xa0\x80c"
        await asyncio.to_thread(deployed.callbacks().post_to_connection, ConnectionId=to, Data=data)
        assert await hear(client) == "a\ufffdb\ufffdc"


@pytest.mark.unverified
async def test_post_in_frames(deployed: Deployment) -> None:
    """Row: "`POST`": outgoing messages >32 KB are split into frames."""
    async with dialled(deployed.websocket("plain")) as client:
        to = await connection_id(client)
        await asyncio.to_thread(deployed.callbacks().post_to_connection, ConnectionId=to, Data=b"x" * 100_000)
        async with asyncio.timeout(PATIENCE_S):
            frames = [len(frame) async for frame in client.recv_streaming()]
        assert sum(frames) == 100_000
        assert max(frames) <= 32 * 1024


async def test_get(deployed: Deployment) -> None:
    """Row: "`GET`": 200 `{"connectedAt", "identity": {"sourceIp","userAgent"}, "lastActiveAt"}`: camelCase, ISO 8601
    strings.
    """
    async with dialled(deployed.websocket("plain"), user_agent_header="conformance/1") as client:
        to = await connection_id(client)
        callbacks, bodies = deployed.callbacks(), list[dict[str, Any]]()
        callbacks.meta.events.register(
            "before-parse", lambda response_dict, **_: bodies.append(json.loads(response_dict["body"]))
        )
        answer = await asyncio.to_thread(callbacks.get_connection, ConnectionId=to)
        (body,) = bodies
        assert set(body) == {"connectedAt", "identity", "lastActiveAt"}
        assert set(body["identity"]) == {"sourceIp", "userAgent"}
        for moment in ("connectedAt", "lastActiveAt"):
            assert datetime.fromisoformat(body[moment])
        assert answer["ConnectedAt"] <= answer["LastActiveAt"]
        assert answer["Identity"]["UserAgent"] == "conformance/1"
        assert answer["Identity"]["SourceIp"]


async def test_delete(deployed: Deployment) -> None:
    """Row: "`DELETE`": 204."""
    async with dialled(deployed.websocket("plain")) as client:
        to = await connection_id(client)
        answer = await asyncio.to_thread(deployed.callbacks().delete_connection, ConnectionId=to)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize("operation", ["post_to_connection", "get_connection", "delete_connection"])
async def test_gone(deployed: Deployment, operation: str) -> None:
    """Row: "`GoneException`" 410: closed, unknown-but-well-formed, or not yet established (below)."""
    members: dict[str, Any] = {"Data": b"x"} if operation.startswith("post") else {}
    async with dialled(deployed.websocket("plain")) as client:
        closed = await connection_id(client)
    await told_of(deployed, closed)
    for name in (closed, "AAAAAAAAAAACAAA="):
        assert await failure(deployed, operation, ConnectionId=name, **members) == ("GoneException", 410)


async def test_not_yet_established(deployed: Deployment) -> None:
    """Row: "`GoneException`" 410: not yet established: `$connect`'s function posts to its own connection."""
    assert await refusal(deployed.websocket("plain") + told(post=True)) == (400, "410")


async def test_malformed_id(deployed: Deployment) -> None:
    """Row: "`BadRequestException` `Invalid connectionId: {id}`" 400: malformed id."""
    client = deployed.callbacks()
    with pytest.raises(ClientError, match="Invalid connectionId: nonsense") as raised:
        await asyncio.to_thread(client.post_to_connection, ConnectionId="nonsense", Data=b"x")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


async def test_another_stage_or_api(deployed: Deployment) -> None:
    """Row: "`ForbiddenException`" 403: IAM denies, wrong stage/API."""
    async with dialled(deployed.websocket("plain")) as client:
        to = await connection_id(client)
        for where in ({"stage": "other"}, {"kind": "signed"}):
            code, status = await failure(deployed, "get_connection", ConnectionId=to, **where)
            assert (code, status) == ("ForbiddenException", 403)


async def test_unsigned(deployed: Deployment) -> None:
    """§7: "SigV4 is mandatory for each call"; errors carry `x-amzn-ErrorType`."""
    url = f"{deployed.target.callback_url(deployed.apis['plain'], STAGE)}/@connections/AAAAAAAAAAACAAA%3D"
    async with aiohttp.ClientSession(trust_env=True) as session, session.post(url, data=b"x") as answer:
        assert answer.status == 403
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


async def test_too_large(deployed: Deployment) -> None:
    """Row: "`PayloadTooLargeException`" 413: too big (over 131,072 bytes)."""
    async with dialled(deployed.websocket("plain"), max_size=None) as client:
        to = await connection_id(client)
        data = b"x" * 131_073
        code, status = await failure(deployed, "post_to_connection", ConnectionId=to, Data=data)
        assert (code, status) == ("PayloadTooLargeException", 413)
        await asyncio.to_thread(deployed.callbacks().post_to_connection, ConnectionId=to, Data=data[:-1])
        assert len(await hear(client)) == 131_072
