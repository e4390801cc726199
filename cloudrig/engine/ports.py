"""Listening sockets, and who holds a port that is taken."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from pathlib import Path


class PortTaken(OSError):
    """A port cannot be listened on. `owner` says by whom it is held, as far as this user may see."""

    def __init__(self, host: str, port: int, owner: str | None) -> None:
        self.host, self.port, self.owner = host, port, owner
        super().__init__(f"{host}:{port} is taken" + (f" by {owner}" if owner else ""))


class AddressError(OSError):
    """An address that this machine cannot listen on; the message names it."""


def listener(host: str, port: int) -> socket.socket:
    """A bound, listening TCP socket; port 0 picks a free one. Raises PortTaken, AddressError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(4096)
    except OSError as error:
        sock.close()
        if isinstance(error, PermissionError):
            raise PortTaken(host, port, "the system: ports below 1024 need root") from None
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port, _owner_of(port)) from None
        raise AddressError(f"{host} is no address of this machine ({error.strerror})") from None
    sock.setblocking(False)
    return sock


def reachable(host: str) -> str:
    """What URLs call an address that is listened on: this machine's own where that is all of them, IPv6 in brackets."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    return f"[{here}]" if ":" in here else here


def listener_pid(port: int) -> int | None:
    """The process that listens on a TCP port; None where there is none, or the system does not tell."""
    inodes = _listening_inodes(port)
    for descriptor in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        with suppress(OSError):
            if str(descriptor.readlink()) in inodes:
                return int(descriptor.parts[2])
    return None


def _owner_of(port: int) -> str | None:
    """`name (pid N)` of the process that listens on a TCP port."""
    pid = listener_pid(port)
    with suppress(OSError):
        return f"{Path(f'/proc/{pid}/comm').read_text().strip()} (pid {pid})"
    return None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        with suppress(OSError):
            for line in table.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
