"""One simulated person: signs up, logs in, connects to the lobby, speaks by a schedule, listens.

Locust makes greenlets of everything: `Thread`, `Event`, `time.sleep` and sockets are gevent's by then.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from locust import constant, task
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment
from locust.exception import StopUser
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from loadtests.ledger import Ledger
from loadtests.schedule import Speech, dues
from scenarios import protocol
from scenarios.protocol import LOBBY, Frame

_PATIENCE_S = 30.0


@dataclass
class Load:
    """What all users of a run share.

    Attributes:
        rate_per_user: messages per second of each.
        text_chars: how long a message is, at least.
        begin: set once everybody is there; `started_at` says when, in epoch seconds.
        over: set when nobody is to speak any more.
    """

    websocket_url: str
    rate_per_user: float
    text_chars: int
    ledger: Ledger = field(default_factory=Ledger)
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    begin: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)
    started_at: float = 0.0
    turned_away: int = 0
    """Users who could not get in."""
    finished: bool = False
    """Set before connections are closed: from then on none counts as dropped."""


class LoadEnvironment(Environment):
    """Locust's environment with the load in it."""

    def __init__(self, load: Load, rest_url: str) -> None:
        super().__init__(user_classes=[Chatter], host=rest_url)
        self.load = load


class EntryFailed(Exception):
    """A user could not sign up, log in or connect; the text is counted in the summary."""


class Chatter(FastHttpUser):
    """Enters before the load begins, so that the cost of accounts (bcrypt) is not in it."""

    environment: LoadEnvironment
    wait_time = constant(0)  # the schedule waits
    connection_timeout = network_timeout = _PATIENCE_S

    def on_start(self) -> None:
        self.load = self.environment.load
        self.ledger = self.load.ledger
        self.name = f"load-{secrets.token_hex(6)}"
        self._exit = ExitStack()
        self._dues: Iterator[tuple[int, float]] = iter(())
        try:
            self._socket = self._connected(self._token())
        except EntryFailed as error:
            self.ledger.trouble[str(error)] += 1
            self.load.turned_away += 1
            return
        self._exit.callback(self._socket.close)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.load.begin.wait()
        self._dues = enumerate(dues(self.load.started_at, self.load.rate_per_user, random.random()))

    @task
    def speak(self) -> None:
        """Send one message when it is due, and wait for nothing."""
        number, due_at = next(self._dues, (0, None))
        if due_at is None:
            raise StopUser  # was not let in
        if self.load.over.wait(max(due_at - time.time(), 0.0)):
            self._listener.join()  # nothing more to say, but still there to hear
            raise StopUser
        speech = Speech(self.load.run, self.name, number, due_at)
        request = protocol.request(
            "sendMessage", requestId=speech.key, roomId=LOBBY, text=speech.text(self.load.text_chars)
        )
        now = time.time()
        self.ledger.sent(speech.key, due_at, now)
        self.ledger.measured("send", (now - due_at) * 1000, now)
        try:
            self._socket.send(request)
        except ConnectionClosed:
            raise StopUser from None  # the listener tells the ledger

    def on_stop(self) -> None:
        self._exit.close()

    # --- entering ---

    def _token(self) -> str:
        who = {"username": self.name, "password": secrets.token_urlsafe(12)}
        self._posted("sign up", "/signup", who)
        token: str = self._posted("log in", "/login", who)["token"]
        return token

    def _posted(self, what: str, path: str, body: dict[str, str]) -> Any:
        began = time.time()
        answer = self.client.post(path, json=body, name=what)  # reports to Locust by itself
        if not answer.ok:
            raise EntryFailed(f"{what}: {answer.status_code} {answer.text}")
        now = time.time()
        self.ledger.measured(what, (now - began) * 1000, now)
        return answer.json()

    def _connected(self, token: str) -> ClientConnection:
        began = time.time()
        url = protocol.connect_url(self.load.websocket_url, token=token)
        try:
            connection = connect(
                url, compression=None, ping_interval=None, max_size=None, open_timeout=_PATIENCE_S, close_timeout=2
            )
        except (OSError, InvalidHandshake) as error:
            self._report("connect", began, error)
            raise EntryFailed(f"connect: {error}") from error
        self._report("connect", began)
        self.ledger.connected(self.name, time.time())
        return connection

    # --- listening ---

    def _listen(self) -> None:
        try:
            for text in self._socket:
                self._hear(protocol.parse(text))
        except ConnectionClosed:
            pass  # without a close frame
        if not self.load.finished:
            self.ledger.dropped(self.name, time.time())

    def _hear(self, frame: Frame) -> None:
        match frame.get("type"):
            case "message":
                speech = Speech.of_text(frame["text"])
                if speech is not None and speech.run == self.load.run:
                    self.ledger.heard(self.name, speech.key)
                    self._report("deliver", speech.due_at)
            case "sent":
                self._report("acknowledge", self.ledger.answered(frame["requestId"], "sent"))
            case "error":
                due_at = self.ledger.answered(frame["requestId"], frame["code"])
                self._report("acknowledge", due_at, RuntimeError(frame["code"]))
            case None:
                self.ledger.trouble[f"API Gateway: {frame.get('message')}"] += 1

    def _report(self, what: str, since: float, error: Exception | None = None) -> None:
        """One measurement: to the ledger, unless it is an error, and to Locust."""
        now = time.time()
        latency_ms = (now - since) * 1000
        if error is None:
            self.ledger.measured(what, latency_ms, now)
        self.environment.events.request.fire(  # type: ignore[no-untyped-call]
            request_type="WS", name=what, response_time=latency_ms, response_length=0, exception=error, context={}
        )
