"""Deployed APIs of the upstream's: REST APIs, and WebSocket APIs of a LocalStack that has them, message by message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from yarl import URL

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Mounted, Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.wire import error_response

_OF_ONE_HOP = ("connection", "upgrade", "sec-websocket-")
_NEVER_SENT = frozenset({None, 1005, 1006})
"""Codes that stand for a close without one, and for a lost connection. Source: RFC 6455, section 7.4.1."""

Socket = ClientWebSocketResponse | web.WebSocketResponse


class UpstreamApis:
    """Implements `interfaces.DataPlane` for APIs that the engine does not know; pages of any origin may call them."""

    def __init__(self, upstream: Upstream, locate: Callable[[str, str], Mounted | None]) -> None:
        """`locate` says what API a host and path are of, as `DataPlane.locate`."""
        self._upstream = upstream
        self.locate = locate

    async def serve(self, request: Request, mounted: Mounted) -> Response:
        try:
            return await self._upstream.forward(request)
        except UpstreamUnavailable as error:
            return error_response(error, "rest-json")

    async def upgrade(self, raw: web.BaseRequest, request: Request, mounted: Mounted) -> web.StreamResponse:
        return await _pass_on(self._upstream.url, request, raw)


async def _pass_on(upstream_url: str, request: Request, raw: web.BaseRequest) -> web.StreamResponse:
    """Answer a handshake as the upstream does, and carry messages both ways until either side closes.

    Of a refusal only the status is passed on; 503 stands for an upstream that does not answer.
    """
    protocols = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if each.strip()]
    headers = {name: value for name, value in request.headers.items() if not name.lower().startswith(_OF_ONE_HOP)}
    url = URL(f"{upstream_url}{request.path}{f'?{request.query}' if request.query else ''}", encoded=True)
    async with aiohttp.ClientSession() as session:
        try:
            far = await session.ws_connect(url, headers=headers, protocols=protocols, autoping=False, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as refused:
            return web.Response(status=refused.status)
        except aiohttp.ClientError:
            return web.Response(status=UpstreamUnavailable.status)
        near = web.WebSocketResponse(protocols=[far.protocol] if far.protocol else (), autoping=False, max_msg_size=0)
        await near.prepare(raw)
        async with asyncio.TaskGroup() as both_ways:
            both_ways.create_task(_carry(near, far))
            both_ways.create_task(_carry(far, near))
    return near


async def _carry(source: Socket, sink: Socket) -> None:
    try:
        async for message in source:
            match message.type:
                case WSMsgType.TEXT:
                    await sink.send_str(message.data)
                case WSMsgType.BINARY:
                    await sink.send_bytes(message.data)
                case WSMsgType.PING:
                    await sink.ping(message.data)
                case WSMsgType.PONG:
                    await sink.pong(message.data)
    except (ConnectionError, aiohttp.ClientError):  # the sink is gone, which the other way finds too
        return
    code = source.close_code
    await sink.close(code=1000 if code in _NEVER_SENT or code is None else code)
