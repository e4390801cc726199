"""The people of a load, as Locust users. Each enters, is there until the load is over, and leaves.

Locust makes greenlets of everything: `Thread`, `Event`, `time.sleep` and sockets are gevent's by then.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from typing import Any, ClassVar

from locust import constant, task
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment
from locust.exception import StopUser

from loadtests.accounts import Accounts
from loadtests.entry import Entry
from loadtests.ledger import Ledger
from loadtests.line import Line, LineError
from loadtests.profiles import Profile
from loadtests.proxy import proxy_to
from loadtests.rooms import Room, Rooms
from loadtests.schedule import Speech, dues
from scenarios import protocol
from scenarios.protocol import LOBBY, Frame

PATIENCE_S = 30.0
RETURN_WITHIN_S = 2.0
"""Who lost their connection comes back after a random part of this, then after twice as long, as the site does."""
RETURN_ATTEMPTS = 5
_SOURCES = 8


@dataclass
class Load:
    """What all users of one process share.

    Attributes:
        begin: set once everybody is there; `started_at` says when, in epoch seconds.
        over: set when nobody is to speak any more.
        finished: set when everything has been heard and read: from then on connections are closed.
        cut_short: why it is over before its time; empty if it is not.
        settled_in: how many users are there for good, or were turned away.
    """

    websocket_url: str
    profile: Profile
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    ledger: Ledger = field(default_factory=Ledger)
    begin: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)
    finished: Event = field(default_factory=Event)
    started_at: float = 0.0
    cut_short: str = ""
    settled_in: int = 0
    turned_away: int = 0
    accounts: Accounts = field(init=False)
    shared_accounts: Accounts = field(init=False)
    entry: Entry = field(init=False)
    rooms: Rooms = field(init=False)
    readers: dict[str, dict[str, str]] = field(default_factory=dict)
    """Room → what to connect with in order to read its history."""
    _sources: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.accounts = Accounts()
        self.shared_accounts = Accounts(self.profile.accounts)
        self.entry = Entry(self.shared_accounts, self.profile.ramp)
        self.rooms = Rooms(self.profile.room_size)

    def source(self) -> str | None:
        """The address that the next connection comes from, where the system has several for this machine itself."""
        local = "//127.0.0.1" in self.websocket_url and self.profile.users > 1000
        return f"127.0.0.{2 + next(self._sources) % _SOURCES}" if local else None

    @property
    def rate_per_speaker(self) -> float:
        return self.profile.rate / self.profile.speakers if self.profile.speakers else 0.0


class LoadEnvironment(Environment):
    """Locust's environment with the load in it; who runs a profile's users says which kinds there are."""

    load: Load


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


class Speaker(Person):
    """Sends messages when they are due, and waits for nothing."""

    abstract = True

    def act(self) -> None:
        spike, rate = self.profile.spike, self.load.rate_per_speaker
        for number, due_at in enumerate(dues(self.load.started_at, rate, random.random(), spike)):
            if random.random() < self.profile.typing:
                self.ask("typing", roomId=self.room_id)
            if self.load.over.wait(max(due_at - time.time(), 0.0)):
                return
            self._say(Speech(self.load.run, self.name, number, due_at))
        self.load.over.wait()

    def _say(self, speech: Speech) -> None:
        if self.line is None:
            return
        text = speech.text(self.profile.text_chars)
        request = protocol.request("sendMessage", requestId=speech.key, roomId=self.room_id, text=text)
        now = time.time()
        self.ledger.sent(speech.key, self.room_id, speech.due_at, now)
        self.ledger.measured("send", (now - speech.due_at) * 1000, now)
        try:
            self.line.send(request)
            self.ledger.asked()
        except OSError:
            self.ledger.trouble["a message could not be sent: the connection is gone"] += 1


class Chatter(Speaker):
    """Has an account; speaks in a room of `room_size`, or in the lobby where that is 0; reads its history."""

    def settle(self) -> None:
        self._entered = Event()
        self._reading_since = time.time()
        if self.profile.room_size:
            self._take_seat()
        self.ask("getMessages", measured="history", roomId=self.room_id)
        if self.profile.history_every_s:
            Thread(target=self._keep_reading, daemon=True).start()

    def _take_seat(self) -> None:
        room, founds = self.load.rooms.seat()
        if founds:
            self.ask("createRoom", name=f"load {self.load.run}")
        else:
            if not room.founded.wait(PATIENCE_S):
                raise EntryFailed("join: nobody founded the room")
            self.ask("joinRoom", measured="join", roomId=room.room_id)
        if not self._entered.wait(PATIENCE_S):
            raise EntryFailed("found a room: no answer" if founds else "join: nobody let one in")
        self._found(room) if founds else self._joined(room)

    def _found(self, room: Room) -> None:
        room.room_id = self.room_id
        self.ledger.connected(self.connection, self.room_id, time.time())
        room.founded.set()

    def _joined(self, room: Room) -> None:
        self.room_id = room.room_id
        self.ledger.connected(self.connection, self.room_id, time.time())

    def pushed(self, frame: Frame) -> None:
        match frame.get("type"):
            case "room":
                self.room_id = frame["roomId"]
                self._entered.set()
            case "joinRequest":
                self.ask("joinRoom", roomId=frame["roomId"], username=frame["username"], decision="approve")
            case "joinDecision" if frame["decision"] == "approve":
                self._entered.set()

    def _keep_reading(self) -> None:
        while not self.load.over.wait(self.profile.history_every_s * (0.5 + random.random())):
            self.ask("getMessages", measured="history", roomId=self.room_id)


class Guest(Speaker):
    """Comes without an account, and speaks in the lobby."""

    def introduce(self) -> tuple[str, dict[str, str]]:
        name = f"load-{secrets.token_hex(6)}"
        return f"~{name}", {"username": name}


class Lurker(Person):
    """Is connected, says nothing, and sends a heartbeat."""

    shares_account = True

    def act(self) -> None:
        pause_s = self.profile.heartbeat_s * random.random()
        while not self.load.over.wait(pause_s):
            if self.line is not None:
                self.ask("ping", measured="ping")
            pause_s = self.profile.heartbeat_s


class Reconnector(Person):
    """Loses the connection again and again, without a close frame, and comes back with growing, random delays."""

    shares_account = True

    def act(self) -> None:
        for moment in self._losses():
            if self.load.over.wait(max(moment - time.time(), 0.0)):
                return
            if self.line is not None:
                self.leave(self.line)
                self.line = None
            self._return()
        self.load.over.wait()

    def _losses(self) -> Iterator[float]:
        start, every_s = self.load.started_at, self.profile.drop_every_s
        if self.profile.drop_together:
            return iter([start + every_s])
        phase = random.random()
        return (start + (phase + number) * every_s for number in count())

    def _return(self) -> None:
        lost_at = time.time()
        for attempt in range(RETURN_ATTEMPTS):
            time.sleep(random.random() * RETURN_WITHIN_S * 2**attempt)
            try:
                self.come_in("connect")
            except EntryFailed as error:
                self.ledger.trouble[f"re{error}"] += 1
                continue
            self.report("reconnect", lost_at)
            self.ask("getMessages", measured="history", roomId=self.room_id)
            return


def kinds_of(profile: Profile) -> list[type[Person]]:
    """The kinds of a profile that somebody is of, each with its number set for Locust."""
    numbers: dict[type[Person], int] = {Chatter: profile.chatters, Guest: profile.guests, Lurker: profile.lurkers}
    numbers[Reconnector] = profile.reconnectors
    for kind, number in numbers.items():
        kind.fixed_count = number
    return [kind for kind, number in numbers.items() if number]


ALL_KINDS: list[type[Person]] = [Chatter, Guest, Lurker, Reconnector]
