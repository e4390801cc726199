"""One WebSocket connection of the load: websockets' protocol without its threads, on a socket of gevent's.

A connection costs a socket, a buffer and whatever greenlet reads it, so that one process can have ten thousand.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from loadtests.proxy import proxy_to, tunnel

_READ_BYTES = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class LineError(Exception):
    """A connection could not be made; the text says why, without what tells one user from another."""


class Line:
    """An open connection. One greenlet reads; any may send."""

    def __init__(self, url: str, *, patience_s: float, source: str | None = None) -> None:
        """Connect and shake hands.

        Args:
            source: the address of this machine to connect from; each has 28,000 ports to one server.
        Raises:
            LineError: refused, or not answered within `patience_s`.
        """
        self._protocol = ClientProtocol(parse_uri(url), max_size=None)
        self._sending = Lock()
        self._status = 0
        self._parts: list[bytes] = []
        self._texts: deque[str] = deque()
        try:
            self._socket = _connected(url, patience_s, source)
            self._shake_hands()
        except (OSError, InvalidHandshake) as error:
            raise LineError(f"connect: {error}") from error
        self._socket.settimeout(None)

    def send(self, text: str) -> None:
        """Send one message. Raises OSError where the connection is gone."""
        with self._sending:
            if self._protocol.state is not State.OPEN:
                raise ConnectionError("the connection is closed")
            self._protocol.send_text(text.encode())
            self._flush()

    def texts(self) -> Iterator[str]:
        """Every message until the connection ends, however it does. May be left and taken up again."""
        open_still = True
        while open_still:
            while self._texts:
                yield self._texts.popleft()
            open_still = self._receive()

    def close(self) -> None:
        """Leave with a close frame; waits for nobody."""
        with suppress(OSError), self._sending:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                self._flush()
        self._hang_up()

    def lose(self) -> None:
        """Be gone as a phone in a tunnel is: the TCP connection is reset, no close frame is sent."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._hang_up()

    # --- inside ---

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the greenlet that reads
        with suppress(OSError):
            self._socket.close()

    def _shake_hands(self) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            if not self._receive():
                break
        if self._status != 101:
            raise InvalidHandshake(f"refused with {self._status}" if self._status else "no answer")
        if self._protocol.handshake_exc is not None:
            raise InvalidHandshake(str(self._protocol.handshake_exc))
        if self._protocol.state is not State.OPEN:
            raise InvalidHandshake("the connection was closed during the handshake")

    def _receive(self) -> bool:
        """Read what comes next; whether more can come."""
        try:
            data = self._socket.recv(_READ_BYTES)
        except OSError:
            data = b""
        if data:
            self._protocol.receive_data(data)
            with suppress(OSError), self._sending:
                self._flush()  # answers to pings and close frames
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self._status = event.status_code
            elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.CONT):
                self._take(event)
        return bool(data) or bool(self._texts)

    def _take(self, frame: Frame) -> None:
        self._parts.append(bytes(frame.data))
        if frame.fin:
            self._texts.append(b"".join(self._parts).decode())
            self._parts.clear()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)


def _connected(url: str, patience_s: float, source: str | None) -> socket.socket:
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    address = (parts.hostname or "", parts.port or (443 if secure else 80))
    proxy = proxy_to(url)
    connection = socket.create_connection(proxy or address, patience_s, (source, 0) if source else None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if proxy:
        tunnel(connection, *address)
    if secure:
        return ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
    return connection
