"""The HTTP proxy that the environment names, for what goes over TLS: on AWS, and in a rehearsal, that is everything."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_MAX_HEAD_BYTES = 65_536


def proxy_to(url: str) -> tuple[str, int] | None:
    """Host and port of the proxy by which a URL is reached; None where it is reached directly."""
    parts = urlsplit(url)
    proxy = urlsplit(getproxies().get("https", ""))
    if parts.scheme not in ("https", "wss") or not proxy.hostname or proxy_bypass(parts.hostname or ""):
        return None
    return proxy.hostname, proxy.port or 80


def tunnel(connection: socket.socket, host: str, port: int) -> None:
    """Have the proxy at the other end lead to a host. Raises ConnectionError: it does not.

    Source: https://www.rfc-editor.org/rfc/rfc9110#name-connect
    """
    connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _MAX_HEAD_BYTES:
        byte = connection.recv(1)  # what follows the head is the other host's
        if not byte:
            raise ConnectionError("the proxy hung up")
        head += byte
    if head.split(b" ", 2)[1:2] != [b"200"]:
        raise ConnectionError(f"the proxy refused: {head.splitlines()[0].decode('latin-1')}")
