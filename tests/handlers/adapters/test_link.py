import socket
import threading
from collections.abc import Iterator

import pytest

from handlers.adapters.link import Link, NoAnswer

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request with these bytes, `per_connection` times on each TCP connection."""

    def __init__(self, per_connection: int, answer: bytes = ANSWER) -> None:
        self.connections = 0
        self._closed = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._per_connection = per_connection
        self._answer = answer
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
                    connection.sendall(self._answer)
            self._closed.release()

    def wait_until_closed(self) -> None:
        """Until one more connection is closed from this side."""
        assert self._closed.acquire(timeout=5)

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
    answer = link.send("POST", "/", {"Host": link.host}, b"{}")
    return answer.status, answer.content


def test_a_connection_that_was_closed_meanwhile_is_not_used(forgetful: Server) -> None:
    """As after an environment was frozen for longer than the other end keeps connections."""
    link = Link(forgetful.url, read_timeout_s=5)
    for _ in range(5):
        assert ask(link) == (200, b"ok")
        forgetful.wait_until_closed()
    assert forgetful.connections == 5


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\nx: y\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER,
    ],
    ids=["last", "as long as the connection", "chunked", "after a 100"],
)
def test_any_way_to_end_an_answer_is_understood(answer: bytes) -> None:
    server = Server(1, answer)
    link = Link(server.url, read_timeout_s=5)
    for _ in range(2):
        assert ask(link) == (200, b"ok")
        server.wait_until_closed()
    server.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0\r\n", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", b"HTTP/1.1 x y\r\n\r\n"],
)
def test_what_is_no_whole_answer_is_none(answer: bytes) -> None:
    server = Server(1, answer)
    with pytest.raises(NoAnswer):
        ask(Link(server.url, read_timeout_s=5))
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
