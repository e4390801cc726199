"""The HTTP server in front of everything: a plain port and a TLS port, one handler for both."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpProcessingError, RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request, Response
from cloudrig.engine.ports import PortTaken, listener

log = logging.getLogger(__name__)
http_log = logging.getLogger(f"{__name__}.http")
"""What aiohttp says of requests."""

MAX_HEADER_BYTES = 10_240
"""Of the request line and of each header: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html."""
SHUTDOWN_S = 2.0
_WHOLE_ADDRESS = re.compile(r"https?://(?P<host>[^/?@]+)(?P<path>(?:/[^?]*)?)(?P<query>(?:\?.*)?)", re.IGNORECASE)
"""In a request line, as clients of proxies write it: https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form"""


def _malformed_is_no_failure(record: logging.LogRecord) -> bool:
    """A request that is no HTTP is the sender's fault: a line at INFO in place of a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        record.msg, record.args, record.exc_info = "malformed request: %s", (" ".join(str(error).split()),), None
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


http_log.addFilter(_malformed_is_no_failure)

Handler = Callable[[Request, web.BaseRequest], Awaitable[Response | web.StreamResponse]]

__all__ = ["PortTaken", "Server"]


class Server:
    """Listens from the moment it is made, answers from `start` on: connections made between wait in the backlog.

    The body of a request is left to its handler, which knows how long it may be (`read_body`).
    """

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

        self._http = _Server(
            serve,
            request_factory=_make_request,
            auto_decompress=False,
            keepalive_timeout=75,
            access_log=None,
            logger=http_log,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
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


class _Connection(web.RequestHandler):
    """aiohttp's own, for clients that shut down their sending side once they have sent a request: they get its answer.

    aiohttp would close the connection at once. Source: https://www.rfc-editor.org/rfc/rfc9293#section-3.6
    """

    __slots__ = ()

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio has it
        """Whether the connection stays open for an answer. TLS has no halves, and a WebSocket's ends with it."""
        idle = self._waiter is not None and not self._waiter.done()
        if idle or self._upgraded or self._payload_parser is not None or self._parser is None or self.ssl_context:
            return False
        try:
            self._parser.feed_eof()
        except HttpProcessingError:  # the body has not come whole, and will not
            return False
        self.close()  # once it is answered
        return True


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


def _make_request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """aiohttp's own, without its limit of bodies."""
    return web.BaseRequest(message, payload, protocol, writer, task, asyncio.get_running_loop(), client_max_size=0)


async def _serve(handler: Handler, raw: web.BaseRequest) -> web.StreamResponse:
    target, headers = raw.raw_path, raw.headers
    if not target.startswith("/"):
        target, headers = _from_whole_address(target, headers)
    path, _, query = target.partition("?")
    peer: socket.AddressInfo | tuple[str, int] | None = raw.get_extra_info("peername")
    request = Request(
        method=raw.method,
        path=path,
        query=query,
        headers=headers,
        client_ip=peer[0] if isinstance(peer, tuple) else "127.0.0.1",
        base_url=f"{raw.scheme}://{headers.get('Host', raw.host)}",
    )
    answer = await handler(request, raw)
    if isinstance(answer, web.StreamResponse):
        return answer
    return _to_aiohttp(answer) if answer.stream is None else await _send_stream(raw, answer, answer.stream)


def _from_whole_address(target: str, headers: CIMultiDictProxy[str]) -> tuple[str, CIMultiDictProxy[str]]:
    """The path and query of it, and headers whose `Host` is its own, whatever was sent as that.

    Raises HTTPBadRequest: it is none (`*`, another server's `host:port`), and so nothing here.
    """
    found = _WHOLE_ADDRESS.fullmatch(target)
    if found is None:
        raise web.HTTPBadRequest(text=f"{target} is neither a path nor an http address\n")
    addressed = CIMultiDict(headers)
    addressed["Host"] = found["host"]
    return (found["path"] or "/") + found["query"], CIMultiDictProxy(addressed)


async def read_body(raw: web.BaseRequest, max_bytes: int) -> bytes:
    """The body of a request; of one longer than `max_bytes` the first `max_bytes` + 1: nobody need keep the rest.

    Raises HTTPBadRequest, which the server answers: the body is not what its head says, or the client goes away.
    """
    if not raw.can_read_body:
        return b""
    if raw.headers.get("Expect", "").lower() == "100-continue" and raw.transport is not None:
        raw.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    try:
        while len(body) <= max_bytes and (piece := await raw.content.readany()):
            body += piece
    except (web.RequestPayloadError, ConnectionError) as error:
        raise web.HTTPBadRequest(text=str(error)) from None
    del body[max_bytes + 1 :]
    return bytes(body)


class _Answer(web.Response):
    """Names no server but what was given: AWS's services name none, or their own."""

    async def _prepare_headers(self) -> None:
        named = "Server" in self.headers
        await super()._prepare_headers()
        if not named:
            self.headers.popall("Server", None)


def _to_aiohttp(response: Response) -> web.Response:
    headers: CIMultiDict[str] = response.headers
    return _Answer(status=response.status, body=response.body or None, headers=headers)


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
