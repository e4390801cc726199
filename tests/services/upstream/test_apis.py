"""A gateway that keeps nothing for itself leaves WebSockets to the upstream: here a rig, as a paid LocalStack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import boto3
import pytest

from cloudrig.engine.config import Config
from cloudrig.rig import Rig


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """Of a WebSocket API with the one route `one`, made and reached by a gateway."""
    async with Rig(Config(tmp_path / "upstream", port=0)) as upstream:
        config = Config(tmp_path / "gateway", port=0, upstream=upstream.addresses.url, services=frozenset())
        async with Rig(config) as gateway:
            yield await asyncio.to_thread(websocket_api, gateway)


def websocket_api(rig: Rig) -> str:
    session = boto3.Session("test", "x", region_name="us-east-1")
    client = session.client("apigatewayv2", endpoint_url=rig.addresses.url)
    expression = "$request.body.action"
    api = client.create_api(Name="a", ProtocolType="WEBSOCKET", RouteSelectionExpression=expression)
    integration = client.create_integration(ApiId=api["ApiId"], IntegrationType="MOCK")
    client.create_route(ApiId=api["ApiId"], RouteKey="one", Target=f"integrations/{integration['IntegrationId']}")
    client.create_stage(ApiId=api["ApiId"], StageName="prod", AutoDeploy=True)
    return f"{rig.addresses.url}/_aws/execute-api/{api['ApiId']}/prod"


async def test_messages_go_both_ways(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_str("hello")
        answer = json.loads(await socket.receive_str(timeout=10))
        assert answer["message"] == "Forbidden", "the upstream's API has no route for it"
        await socket.ping(b"there?")


async def test_a_close_is_passed_on(url: str) -> None:
    """API Gateway closes with 1003 where a frame is binary."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_bytes(b"\x00")
        while (message := await socket.receive(timeout=10)).type is not aiohttp.WSMsgType.CLOSE:
            continue
        assert message.data == 1003


async def test_a_refusal_is_passed_on(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}-of-nobody")
    assert refused.value.status == 403
