"""A connection of the load, against real sockets."""

from __future__ import annotations

import socket
from threading import Event, Thread

import pytest

from loadtests.line import Line, LineError


def test_a_refusal_is_heard_though_the_connection_stays_open() -> None:
    """As API Gateway keeps it, for the next request. Waiting for its end would be waiting for nothing."""
    done = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_refuse, args=(server, done), daemon=True).start()
        trying = Thread(target=_try, args=(server.getsockname()[1], done), daemon=True)
        trying.start()
        assert done.wait(10), "it waits for the end of a connection that stays open"


def _refuse(server: socket.socket, done: Event) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}")
        done.wait()


def _try(port: int, done: Event) -> None:
    with pytest.raises(LineError, match="refused with 500"):
        Line(f"ws://127.0.0.1:{port}/prod", patience_s=60)
    done.set()
