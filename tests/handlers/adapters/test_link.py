import socket
import threading
from collections.abc import Iterator

import pytest

from handlers.adapters.link import Link, NoAnswer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\nok"


class Server:
    """Answers each request, `per_connection` on each TCP connection."""

    def __init__(self, per_connection: int, header: bytes = b"") -> None:
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._per_connection = per_connection
        self._header = header
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                for _ in range(self._per_connection):
                    if not connection.recv(65536):
                        break
                    connection.sendall(ANSWER % self._header)

    def close(self) -> None:
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._thread.join(5)


@pytest.fixture
def forgetful() -> Iterator[Server]:
    """A server that closes each connection after an answer, without saying so."""
    server = Server(1)
    yield server
    server.close()


def ask(link: Link) -> tuple[int, bytes]:
    return link.send("POST", "/", {"Host": link.host}, b"{}")


def test_a_connection_that_was_closed_meanwhile_is_not_used(forgetful: Server) -> None:
    """As after an environment was frozen for longer than the other end keeps connections."""
    link = Link(forgetful.url, read_timeout_s=5)
    for _ in range(5):
        assert ask(link) == (200, b"ok")
    assert forgetful.connections == 5


def test_a_last_answer_is_believed() -> None:
    server = Server(1, header=b"Connection: close\r\n")
    link = Link(server.url, read_timeout_s=5)
    assert [ask(link), ask(link)] == [(200, b"ok")] * 2
    server.close()


def test_one_connection_serves_one_after_another() -> None:
    server = Server(100)
    link = Link(server.url, read_timeout_s=5)
    for _ in range(20):
        ask(link)
    assert server.connections == 1
    link._idle.clear()
    server.close()


def test_nobody_there(forgetful: Server) -> None:
    link = Link(forgetful.url, read_timeout_s=5)
    forgetful.close()
    with pytest.raises(NoAnswer):
        ask(link)
