"""A proxy that answers for AWS's host names with the rig: what a rehearsal's clients and functions are told to use.

`CONNECT {host}:443` leads to the rig's TLS port and `GET http://{host}/…` to its plain one, for AWS's own
domains and nothing else: no request gets out of the machine.
Source: https://www.rfc-editor.org/rfc/rfc9110#name-connect
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from cloudrig.engine.ports import listener

DOMAINS = (".amazonaws.com", ".cloudfront.net")
_MAX_HEAD_BYTES = 64 * 1024
_CHUNK_BYTES = 256 * 1024


class Proxy:
    """Listens from `start` on; `close` ends every connection."""

    def __init__(self, host: str) -> None:
        self._socket = listener(host, 0)
        self._host = host
        self._server: asyncio.Server | None = None
        self._tls_port = self._port = 0
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._socket.getsockname()[1]}"

    async def start(self, port: int, tls_port: int) -> None:
        self._port, self._tls_port = port, tls_port
        self._server = await asyncio.start_server(self._serve, sock=self._socket, limit=_MAX_HEAD_BYTES)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._answer(reader, writer)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # one of the two ends has gone, or is no HTTP client
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        tunnel = method == "CONNECT"
        authority, _, path = ("", "", "") if tunnel else target.removeprefix("http://").partition("/")
        host, _, port = (target if tunnel else authority).partition(":")
        if not host.endswith(DOMAINS) or port not in (("443",) if tunnel else ("", "80")):
            return await _refuse(writer, host)
        there, here = await asyncio.open_connection(self._host, self._tls_port if tunnel else self._port)
        self._open.add(here)
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                here.write(_for_origin(method, path, head))
            await _splice(reader, here, there, writer)
        finally:
            self._open.discard(here)
            here.transport.abort()


def _for_origin(method: str, path: str, head: bytes) -> bytes:
    """The head as the origin wants it: the path alone, and one request per connection."""
    lines = head.split(b"\r\n")[1:]
    kept = [line for line in lines if not line.lower().startswith((b"connection:", b"proxy-", b"keep-alive:"))]
    return b"\r\n".join([f"{method} /{path} HTTP/1.1".encode("latin-1"), b"Connection: close", *kept])


async def _refuse(writer: asyncio.StreamWriter, host: str) -> None:
    text = f"cloudrig answers for *{', *'.join(DOMAINS)} and nothing else; this was for {host}\n".encode()
    writer.write(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
    with suppress(OSError):
        await writer.drain()


async def _splice(
    reader: asyncio.StreamReader,
    here: asyncio.StreamWriter,
    there: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Copy both ways until the rig has finished, or one of the two has vanished."""
    try:
        async with asyncio.TaskGroup() as copying:
            up = copying.create_task(_copy(reader, here))
            await _copy(there, writer)
            up.cancel()
    except* ConnectionError:
        pass


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK_BYTES):
        sink.write(chunk)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
