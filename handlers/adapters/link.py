"""HTTP to one host over connections that are kept open: `http.client` with a pool, half the time of urllib3."""

from __future__ import annotations

import select
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

_CONNECT_TIMEOUT_S: Final = 1.0


class NoAnswer(Exception):
    """The other end could not be reached, was too slow, or broke off; whether it acted is not known."""


class Link:
    """Sends requests to one host. Safe to use from many threads: each request has a connection of its own meanwhile."""

    def __init__(
        self, url: str, *, read_timeout_s: float, ca_bundle: str | None = None, https_proxy: str | None = None
    ) -> None:
        """
        Args:
            url: `http[s]://{host}[:{port}]`; a path is ignored.
            ca_bundle: certificates to trust in place of the usual ones; a file.
            https_proxy: the proxy that leads to an https `url`.
        """
        self._url = urlsplit(url)
        self.host = self._url.netloc
        """As the header `Host` has it."""
        self._read_timeout_s = read_timeout_s
        self._proxy = urlsplit(https_proxy) if https_proxy else None
        # One context for all connections: reading the certificates takes some 20 ms.
        self._tls = ssl.create_default_context(cafile=ca_bundle) if self._url.scheme == "https" else None
        self._idle: list[HTTPConnection] = []

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer. Raises NoAnswer."""
        connection = self._take()
        try:
            if connection.sock is None:
                _open(connection, self._read_timeout_s)
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise NoAnswer(type(error).__name__) from error
        if connection.sock is not None:  # or the answer said that it is the last
            self._idle.append(connection)
        return answer.status, content

    def _take(self) -> HTTPConnection:
        """An idle connection that is still open, the one used last; or a new one, not connected yet."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if not _is_dropped(connection):
                return connection
            connection.close()
        return _connection(self._url, self._tls, self._proxy)


def _connection(url: SplitResult, tls: ssl.SSLContext | None, proxy: SplitResult | None) -> HTTPConnection:
    assert url.hostname is not None
    if tls is None:
        return HTTPConnection(url.hostname, url.port, timeout=_CONNECT_TIMEOUT_S)
    if proxy is None:
        return HTTPSConnection(url.hostname, url.port, timeout=_CONNECT_TIMEOUT_S, context=tls)
    assert proxy.hostname is not None
    connection = HTTPSConnection(proxy.hostname, proxy.port or 80, timeout=_CONNECT_TIMEOUT_S, context=tls)
    connection.set_tunnel(url.hostname, url.port or 443)
    return connection


def _open(connection: HTTPConnection, read_timeout_s: float) -> None:
    connection.connect()
    connection.sock.settimeout(read_timeout_s)


def _is_dropped(connection: HTTPConnection) -> bool:
    """Whether the other end has closed it: an idle connection has nothing to read but its end."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
