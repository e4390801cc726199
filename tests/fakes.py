"""Small stand-ins for the far ends that our code talks to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from cloudrig.engine.interfaces import Dimensions, Statistics
from cloudrig.engine.names import Scope

NO_ANSWER = 0
"""As a scripted status: the connection is closed instead of an answer."""


@dataclass(frozen=True)
class Call:
    """One request that a FakeCallbackApi got."""

    method: str
    path: str
    connection_id: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeCallbackApi:
    """The `@connections` end of a WebSocket API, over real HTTP. Answers 200 unless told otherwise."""

    tls: ssl.SSLContext | None = None
    calls: list[Call] = field(default_factory=list)
    sockets: int = 0
    """How many TCP connections were made to it."""
    answered: list[tuple[Call, int]] = field(default_factory=list)
    """Its posts, with the status of each."""
    _scripts: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    _always: dict[str, int] = field(default_factory=dict)
    _held: dict[str, threading.Event] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for event in self._held.values():
            event.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/prod"

    def script(self, connection_id: str, *statuses: int) -> None:
        """Answer the next calls for the connection with these statuses."""
        self._scripts[connection_id].extend(statuses)

    def always(self, connection_id: str, status: int) -> None:
        """Answer every POST to the connection with this status."""
        self._always[connection_id] = status

    def hold(self, connection_id: str) -> threading.Event:
        """Keep calls for the connection waiting until the event is set."""
        return self._held.setdefault(connection_id, threading.Event())

    def bodies(self, connection_id: str) -> list[bytes]:
        """What was posted to the connection and answered 200, in order."""
        return [call.body for call, status in self.answered if call.connection_id == connection_id and status == 200]

    def closed(self) -> list[str]:
        """Connections whose closing was asked for."""
        return [call.connection_id for call in self.calls if call.method == "DELETE"]

    def answer(self, call: Call) -> int:
        self.calls.append(call)
        if call.connection_id in self._held:
            self._held[call.connection_id].wait(10)
        script = self._scripts[call.connection_id]
        if call.method == "DELETE":
            return 204
        status = script.popleft() if script else self._always.get(call.connection_id, 200)
        self.answered.append((call, status))
        return status


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    fake: FakeCallbackApi
    daemon_threads = True
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.fake.sockets += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection_id = unquote(self.path.rpartition("/")[2])
        status = self.server.fake.answer(Call(self.command, self.path, connection_id, dict(self.headers), body))
        if status == NO_ANSWER:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class FakeMetrics:
    """Implements `interfaces.MetricSink`: keeps what it gets, by namespace, dimensions and name."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, Dimensions, str], Statistics] = {}
        self._sources: list[Callable[[], None]] = []

    def add(
        self,
        scope: Scope,
        namespace: str,
        dimensions: Dimensions,
        name: str,
        value: float = 1.0,
        unit: str = "Count",
    ) -> None:
        self.values.setdefault((namespace, dimensions, name), Statistics()).add(value)

    def merge(
        self, scope: Scope, namespace: str, dimensions: Dimensions, name: str, statistics: Statistics, unit: str
    ) -> None:
        self.values.setdefault((namespace, dimensions, name), Statistics()).merge(statistics)

    def collect_from(self, source: Callable[[], None]) -> None:
        self._sources.append(source)

    def expect(self) -> None:
        pass

    async def flush(self) -> None:
        for collect in self._sources:
            collect()


class FakeProxy:
    """An HTTP proxy that knows CONNECT, and connects everybody to one port of this machine whatever they ask for."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.asked_for: list[str] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                head = client.makefile("rb", buffering=0)
                self.asked_for.append(head.readline().decode().split()[1])
                while head.readline().strip():
                    pass
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                upstream = socket.create_connection(("127.0.0.1", self._port))
                for here, there in ((client, upstream), (upstream, client)):
                    threading.Thread(target=_copy, args=(here, there), daemon=True).start()


def _copy(here: socket.socket, there: socket.socket) -> None:
    with contextlib.suppress(OSError), here, there:
        while received := here.recv(65536):
            there.sendall(received)
