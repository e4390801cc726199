"""The account of a load: what became of every message, on every connection and in the history.

Not thread-safe and need not be: greenlets only switch at I/O. All times are epoch seconds, latencies milliseconds, kept
one by one so that every figure can be computed from them. Workers' ledgers are merged into one (`to_wire`, `merge`).
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cloudrig.metering import MESSAGE_STEP_BYTES

IN_FLIGHT_S = 2.0
"""A connection that ends is owed what was sent so long before: what was sent later may have been under way to it."""


@dataclass(slots=True)
class Message:
    room: str
    due_at: float
    sent_at: float
    answer: str = ""
    """`sent`, an error code, or nothing yet."""


@dataclass(slots=True)
class Connection:
    """One connection of one user, from `since` on in the lobby and in each of `rooms` from when it joined."""

    rooms: dict[str, float]
    until: float | None = None
    """When it ended; None while it stands."""
    dropped: bool = False
    """Whether it ended although its user wanted to stay."""
    heard: set[str] = field(default_factory=set)

    def is_owed(self, message: Message) -> bool:
        """Whether it was there when the message was sent."""
        since = self.rooms.get(message.room)
        if since is None or message.sent_at < since:
            return False
        return self.until is None or message.sent_at < self.until - IN_FLIGHT_S


@dataclass(slots=True)
class Series:
    """Latencies of one kind, each with the time at which it was measured."""

    at: array[float] = field(default_factory=lambda: array("d"))
    ms: array[float] = field(default_factory=lambda: array("d"))


@dataclass(frozen=True)
class Account:
    """What a load came to. Deliveries count messages x connections."""

    sent: int
    acknowledged: int
    refused: dict[str, int]
    """Error code → how many messages were answered so."""
    expected: int
    """Deliveries of acknowledged messages to every connection that was there when they were sent."""
    delivered: int
    lost: int
    """Expected, and not delivered."""
    repeated: int
    """Deliveries of what the same connection had heard before."""
    out_of_order: int
    """Deliveries after a later message of the same speaker."""
    looked_up: int
    """Acknowledged messages of rooms whose history was read at the end."""
    not_stored: int
    """Of these, missing in the history."""
    stored_twice: int
    connections: int
    dropped: int
    """Connections that ended before their owner left."""
    trouble: dict[str, int]
    """What else went wrong: text → how often."""

    @property
    def unanswered(self) -> int:
        return self.sent - self.acknowledged - sum(self.refused.values())

    @property
    def error_rate(self) -> float:
        """What share of the messages was refused or not answered."""
        return (self.sent - self.acknowledged) / self.sent if self.sent else 0.0


class Ledger:
    """Written by the users while they chat, read at the end."""

    def __init__(self) -> None:
        self.series: defaultdict[str, Series] = defaultdict(Series)
        """By what was measured: `sign up`, `log in`, `connect`, `reconnect`, `ping`, `history`, and from when a message
        was due `send` (how late the load itself was), `acknowledge`, `deliver`."""
        self.trouble: Counter[str] = Counter()
        self.messages: dict[str, Message] = {}
        self.connections: dict[str, Connection] = {}
        self.deliveries: list[tuple[str, str, float]] = []
        """Message, connection, when."""
        self.last_at = 0.0
        """When the last thing was measured."""
        self.requests = 0
        """Frames sent, of whatever kind."""
        self.frames = 0
        """Frames sent and received, as API Gateway bills them: in steps of 32 KB."""
        self._repeated = 0
        self._out_of_order = 0
        self._latest: dict[tuple[str, str], int] = {}
        self._stored: Counter[str] = Counter()
        self._looked_into: set[str] = set()

    # --- what users tell ---

    def connected(self, connection: str, room: str, at: float) -> None:
        """A connection stands, and is in a room (the lobby, at first)."""
        self.connections.setdefault(connection, Connection({})).rooms[room] = at

    def ended(self, connection: str, at: float, *, dropped: bool) -> None:
        """It is gone: because its user wanted it, or (`dropped`) although."""
        known = self.connections[connection]
        if known.until is None:
            known.until, known.dropped = at, dropped

    def sent(self, key: str, room: str, due_at: float, at: float) -> None:
        self.messages[key] = Message(room, due_at, at)

    def answered(self, key: str, answer: str) -> float | None:
        """`sent` is the acknowledgement, anything else an error code. Returns when the message was due; None for what
        is no message of this ledger.
        """
        message = self.messages.get(key)
        if message is None:
            return None
        message.answer = answer
        return message.due_at

    def asked(self) -> None:
        """A frame was sent."""
        self.requests += 1
        self.frames += 1

    def got(self, size_bytes: int) -> None:
        """A frame came."""
        self.frames += 1 + size_bytes // MESSAGE_STEP_BYTES

    def heard(self, connection: str, speaker: str, number: int, at: float) -> None:
        """A connection got the how many-th message of a speaker."""
        key = f"{speaker}/{number}"
        heard = self.connections[connection].heard
        self._repeated += key in heard
        heard.add(key)
        self.deliveries.append((key, connection, at))
        latest = self._latest.get((connection, speaker), -1)
        if number < latest:
            self._out_of_order += 1
        else:
            self._latest[connection, speaker] = number

    def measured(self, what: str, latency_ms: float, at: float) -> None:
        self.last_at = at
        series = self.series[what]
        series.at.append(at)
        series.ms.append(latency_ms)

    def stored(self, room: str, keys: Iterable[str]) -> None:
        """All that a room's history holds of this load."""
        self._looked_into.add(room)
        self._stored.update(keys)

    # --- what is read ---

    @property
    def standing(self) -> int:
        """How many connections stand."""
        return sum(connection.until is None for connection in self.connections.values())

    @property
    def is_settled(self) -> bool:
        """Whether every message is answered and every delivery made."""
        return all(message.answer for message in self.messages.values()) and not any(
            key not in connection.heard for connection, key in self._owed()
        )

    def account(self) -> Account:
        answers = Counter(message.answer for message in self.messages.values() if message.answer)
        owed = list(self._owed())
        looked_up = [
            key
            for key, message in self.messages.items()
            if message.answer == "sent" and message.room in self._looked_into
        ]
        return Account(
            sent=len(self.messages),
            acknowledged=answers.pop("sent", 0),
            refused=dict(answers),
            expected=len(owed),
            delivered=sum(len(connection.heard) for connection in self.connections.values()),
            lost=sum(key not in connection.heard for connection, key in owed),
            repeated=self._repeated,
            out_of_order=self._out_of_order,
            looked_up=len(looked_up),
            not_stored=sum(not self._stored[key] for key in looked_up),
            stored_twice=sum(self._stored[key] > 1 for key in looked_up),
            connections=len(self.connections),
            dropped=sum(connection.dropped for connection in self.connections.values()),
            trouble=dict(self.trouble),
        )

    def _owed(self) -> Iterator[tuple[Connection, str]]:
        """Every delivery that is expected."""
        said: defaultdict[str, list[tuple[str, Message]]] = defaultdict(list)
        for key, message in self.messages.items():
            if message.answer == "sent":
                said[message.room].append((key, message))
        for connection in self.connections.values():
            for room in connection.rooms:
                yield from ((connection, key) for key, message in said[room] if connection.is_owed(message))

    # --- workers ---

    def to_wire(self) -> dict[str, Any]:
        """All of it as plain lists and dicts."""
        return {
            "messages": [[key, m.room, m.due_at, m.sent_at, m.answer] for key, m in self.messages.items()],
            "connections": [[name, c.rooms, c.until, c.dropped] for name, c in self.connections.items()],
            "deliveries": [list(delivery) for delivery in self.deliveries],
            "series": {what: [series.at.tolist(), series.ms.tolist()] for what, series in self.series.items()},
            "trouble": dict(self.trouble),
            "stored": dict(self._stored),
            "lookedInto": sorted(self._looked_into),
            "frames": {"sent": self.requests, "billed": self.frames},
        }

    def merge(self, wire: dict[str, Any]) -> None:
        """Take in what another process's ledger holds; each message and connection is in one of them only.

        A history that several have read is the same for all.
        """
        for key, room, due_at, sent_at, answer in wire["messages"]:
            self.messages[key] = Message(room, due_at, sent_at, answer)
        for name, rooms, until, dropped in wire["connections"]:
            self.connections[name] = Connection(rooms, until, dropped)
        for key, connection, at in wire["deliveries"]:
            speaker, _, number = key.rpartition("/")
            self.heard(connection, speaker, int(number), at)
        for what, (at, ms) in wire["series"].items():
            self.series[what].at.extend(at)
            self.series[what].ms.extend(ms)
        self.trouble.update(wire["trouble"])
        self._stored |= Counter(wire["stored"])
        self._looked_into.update(wire["lookedInto"])
        self.requests += wire["frames"]["sent"]
        self.frames += wire["frames"]["billed"]
