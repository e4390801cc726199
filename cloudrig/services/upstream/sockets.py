"""WebSockets that the upstream serves, message by message: those of a LocalStack that has WebSocket APIs itself."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from yarl import URL

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Request

_OF_ONE_HOP = ("connection", "upgrade", "sec-websocket-")
_NEVER_SENT = frozenset({None, 1005, 1006})
"""Codes that stand for a close without one, and for a lost connection. Source: RFC 6455, section 7.4.1."""

Socket = ClientWebSocketResponse | web.WebSocketResponse


async def pass_on(upstream_url: str, request: Request, raw: web.BaseRequest) -> web.StreamResponse:
    """Answer a handshake as the upstream does, and carry messages both ways until either side closes.

    Of a refusal only the status is passed on. Raises UpstreamUnavailable.
    """
    protocols = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if each.strip()]
    headers = {name: value for name, value in request.headers.items() if not name.lower().startswith(_OF_ONE_HOP)}
    url = URL(f"{upstream_url}{request.path}{f'?{request.query}' if request.query else ''}", encoded=True)
    async with aiohttp.ClientSession() as session:
        try:
            far = await session.ws_connect(url, headers=headers, protocols=protocols, autoping=False, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as refused:
            return web.Response(status=refused.status)
        except aiohttp.ClientError as error:
            raise UpstreamUnavailable(f"the upstream {upstream_url} does not answer: {error}") from error
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
