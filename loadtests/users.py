"""The kinds of people of a load: what each does once it is there."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from itertools import count
from threading import Event, Thread

from loadtests.person import PATIENCE_S, EntryFailed, Person
from loadtests.profiles import Profile
from loadtests.rooms import Room
from loadtests.schedule import Speech, dues
from scenarios import protocol
from scenarios.protocol import Frame

RETURN_WITHIN_S = 2.0
"""Who lost their connection comes back after a random part of this, then after twice as long, as the site does."""
RETURN_ATTEMPTS = 5


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
