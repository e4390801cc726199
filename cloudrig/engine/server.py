"""The HTTP server in front of everything: a plain port and a TLS port, one handler for both."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from multidict import CIMultiDict

from cloudrig.engine.messages import Request, Response
from cloudrig.engine.ports import PortTaken, listener

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 512 * 1024 * 1024
SHUTDOWN_S = 2.0

Handler = Callable[[Request, web.BaseRequest], Awaitable[Response | web.StreamResponse]]

__all__ = ["PortTaken", "Server"]


class Server:
    """Listens from the moment it is made, answers from `start` on: connections made between wait in the backlog."""

    def __init__(self, host: str, port: int, tls_port: int) -> None:
        """Raises PortTaken."""
        self._plain = listener(host, port)
        try:
            self._tls = listener(host, tls_port)
        except PortTaken:
            self._plain.close()
            raise
        self._servers: list[asyncio.Server] = []
        self._http: web.Server | None = None

    @property
    def port(self) -> int:
        return int(self._plain.getsockname()[1])

    @property
    def tls_port(self) -> int:
        return int(self._tls.getsockname()[1])

    async def start(self, handler: Handler, tls: ssl.SSLContext) -> None:
        async def serve(raw: web.BaseRequest) -> web.StreamResponse:
            return await _serve(handler, raw)

        self._http = web.Server(
            serve, request_factory=_make_request, auto_decompress=False, keepalive_timeout=75, access_log=None
        )
        loop = asyncio.get_running_loop()
        self._servers = [
            await loop.create_server(self._http, sock=self._plain, backlog=4096),
            await loop.create_server(self._http, sock=self._tls, ssl=tls, backlog=4096),
        ]

    def stop_listening(self) -> None:
        """Accept no further connection; those open go on until `close`."""
        for server in self._servers:
            server.close()
        self._plain.close()
        self._tls.close()

    async def close(self) -> None:
        """End open connections; requests being answered get `SHUTDOWN_S` seconds."""
        self.stop_listening()
        if self._http is not None:
            self._http.pre_shutdown()  # idle keep-alive connections end at once; `shutdown` would wait for them
            await self._http.shutdown(SHUTDOWN_S)


def _make_request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """aiohttp's own, but for the largest body."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY_BYTES)


async def _serve(handler: Handler, raw: web.BaseRequest) -> web.StreamResponse:
    if raw.headers.get("Expect", "").lower() == "100-continue" and raw.transport is not None:
        raw.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    path, _, query = raw.raw_path.partition("?")
    peer: socket.AddressInfo | tuple[str, int] | None = raw.get_extra_info("peername")
    request = Request(
        method=raw.method,
        path=path,
        query=query,
        headers=raw.headers,
        body=await raw.read(),
        client_ip=peer[0] if isinstance(peer, tuple) else "127.0.0.1",
        base_url=f"{raw.scheme}://{raw.host}",
    )
    answer = await handler(request, raw)
    if isinstance(answer, web.StreamResponse):
        return answer
    return _to_aiohttp(answer) if answer.stream is None else await _send_stream(raw, answer, answer.stream)


def _to_aiohttp(response: Response) -> web.Response:
    headers: CIMultiDict[str] = response.headers
    return web.Response(status=response.status, body=response.body or None, headers=headers)


async def _send_stream(raw: web.BaseRequest, response: Response, stream: AsyncIterator[bytes]) -> web.StreamResponse:
    """Send a body piece by piece. A stream that fails breaks the connection off, so that nobody takes it for whole."""
    answer = web.StreamResponse(status=response.status, headers=response.headers)
    await answer.prepare(raw)
    try:
        async for piece in stream:
            await answer.write(piece)
    except ConnectionResetError:
        return answer  # the client is gone
    await answer.write_eof()
    return answer
