"""A person of a load, as a Locust user: enters, is there until the load is over, and leaves.

Locust makes greenlets of everything: `Thread`, `Event`, `time.sleep` and sockets are gevent's by then.
"""

from __future__ import annotations

import time
from itertools import count
from threading import Thread
from typing import Any, ClassVar

from locust import constant, task
from locust.contrib.fasthttp import FastHttpUser
from locust.exception import StopUser

from loadtests.line import Line, LineError
from loadtests.load import LoadEnvironment
from loadtests.proxy import proxy_to
from loadtests.schedule import Speech
from scenarios import protocol
from scenarios.protocol import LOBBY, Frame

PATIENCE_S = 30.0


class EntryFailed(Exception):
    """A user could not sign up, log in, connect or get into a room; the text is counted in the summary."""


class Person(FastHttpUser):
    """Enters before the load begins, so that the cost of accounts (bcrypt) is not in it."""

    abstract = True
    environment: LoadEnvironment
    wait_time = constant(0)  # the schedule waits
    connection_timeout = network_timeout = PATIENCE_S
    insecure = False
    shares_account: ClassVar[bool] = False

    def __init__(self, environment: LoadEnvironment) -> None:
        self.proxy_host, self.proxy_port = proxy_to(environment.host or "") or (None, None)
        super().__init__(environment)

    def on_start(self) -> None:
        self.load = self.environment.load
        self.ledger = self.load.ledger
        self.profile = self.load.profile
        self.line: Line | None = None
        self.room_id = LOBBY
        self._number = count()
        self._requests: dict[str, float] = {}
        try:
            self.load.entry.wait(self._post)
            if self.load.over.is_set():
                return  # the conductor has counted them out
            self.name, self._way_in = self.introduce()
            self.come_in("connect")
            self.settle()
        except EntryFailed as error:
            self.ledger.trouble[str(error)] += 1
            self.load.turned_away += 1
        else:
            self.load.readers.setdefault(self.room_id, self._way_in)
        self.load.settled_in += 1

    @task
    def be_there(self) -> None:
        """The whole of what one does, once everybody is in."""
        if self.line is not None:
            self.load.begin.wait()
            self.act()
            self.load.finished.wait()
        raise StopUser

    def on_stop(self) -> None:
        if self.line is not None:
            self.line.close()

    # --- for the kinds ---

    def introduce(self) -> tuple[str, dict[str, str]]:
        """A name and what to connect with."""
        accounts = self.load.shared_accounts if self.shares_account else self.load.accounts
        account = accounts.take()
        return account.username, {"token": account.token(self._post)}

    def settle(self) -> None:
        """What comes between connecting and the begin."""

    def act(self) -> None:
        """What one does until the load is over."""
        self.load.over.wait()

    def pushed(self, frame: Frame) -> None:
        """A push that only this kind of person cares for."""

    # --- connecting ---

    def come_in(self, what: str) -> None:
        """Connect, and listen from then on."""
        url = protocol.connect_url(self.load.websocket_url, **self._way_in)
        began = time.time()
        try:
            line = Line(url, patience_s=PATIENCE_S, source=self.load.source())
        except LineError as error:
            self.report(what, began, error)
            raise EntryFailed(str(error)) from error
        self.report(what, began)
        self.line = line
        connection = f"{self.name}#{id(self):x}.{next(self._number)}"
        self.connection = connection
        self.ledger.connected(connection, LOBBY, time.time())
        if self.room_id != LOBBY:
            self.ledger.connected(connection, self.room_id, time.time())
        Thread(target=self._listen, args=(line, connection), daemon=True).start()

    def leave(self, line: Line) -> None:
        """Lose one's own connection."""
        self.ledger.ended(self.connection, time.time(), dropped=False)
        line.lose()

    def _listen(self, line: Line, connection: str) -> None:
        for text in line.texts():
            self.ledger.got(len(text))
            self._hear(protocol.parse(text), connection)
        if not self.load.finished.is_set():
            self.ledger.ended(connection, time.time(), dropped=True)

    # --- asking and hearing ---

    def ask(self, action: str, *, measured: str = "", **fields: object) -> None:
        """Send a request; its answer is measured as `measured` when it comes."""
        assert self.line is not None
        request_id = f"{measured}/{next(self._number)}"
        self._requests[request_id] = time.time()
        try:
            self.line.send(protocol.request(action, requestId=request_id, **fields))
            self.ledger.asked()
        except OSError:
            self._requests.pop(request_id)  # the listener tells the ledger

    def _hear(self, frame: Frame, connection: str) -> None:
        if "requestId" in frame and "type" in frame:  # API Gateway's own errors have a requestId too, of its own
            return self._answered(frame, str(frame["requestId"]))
        match frame.get("type"):
            case "message":
                speech = Speech.of_text(frame["text"])
                if speech is not None and speech.run == self.load.run:
                    now = time.time()
                    self.ledger.heard(connection, speech.speaker, speech.number, now)
                    self.report("deliver", speech.due_at)
            case None:
                self.ledger.trouble[f"API Gateway: {frame.get('message')}"] += 1
            case _:
                self.pushed(frame)
        return None

    def _answered(self, frame: Frame, request_id: str) -> None:
        if (since := self._requests.pop(request_id, None)) is not None:
            what = request_id.partition("/")[0]
            if frame.get("type") == "error":
                self.ledger.trouble[f"{what or 'request'}: {frame.get('code')}"] += 1
            elif what:
                self.report(what, since)
            self.pushed(frame)
            return
        refused = frame.get("type") == "error"
        due_at = self.ledger.answered(request_id, str(frame["code"]) if refused else "sent")
        if due_at is not None:
            self.report("acknowledge", due_at, RuntimeError(frame["code"]) if refused else None)

    def _post(self, what: str, path: str, body: dict[str, str]) -> Any:
        began = time.time()
        answer = self.client.post(path, json=body, name=what)  # reports to Locust by itself
        if not answer.ok or not answer.status_code:  # no status: no answer
            raise EntryFailed(f"{what}: {answer.status_code or 'no answer'}")
        now = time.time()
        self.ledger.measured(what, (now - began) * 1000, now)
        return answer.json()

    def report(self, what: str, since: float, error: Exception | None = None) -> None:
        """One measurement: to the ledger, unless it is an error, and to Locust."""
        now = time.time()
        latency_ms = (now - since) * 1000
        if error is None:
            self.ledger.measured(what, latency_ms, now)
        self.environment.events.request.fire(  # type: ignore[no-untyped-call]
            request_type="WS", name=what, response_time=latency_ms, response_length=0, exception=error, context={}
        )
