"""The account of a load: what became of every message, at every listener.

Not thread-safe and need not be: greenlets only switch at I/O. All times are epoch seconds of one machine, latencies
milliseconds, kept one by one so that every figure can be computed from them.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Message:
    due_at: float
    sent_at: float
    answer: str = ""
    """`sent`, an error code, or nothing yet."""


@dataclass(slots=True)
class _Listener:
    since: float
    until: float | None = None
    """When its connection was lost; None while it stands."""
    heard: Counter[str] = field(default_factory=Counter)

    def is_owed(self, message: _Message) -> bool:
        """Whether it was there when the message was sent."""
        return self.since <= message.sent_at and (self.until is None or message.sent_at < self.until)


@dataclass(frozen=True)
class Account:
    """What a load came to. Deliveries count messages x listeners."""

    sent: int
    acknowledged: int
    refused: dict[str, int]
    """Error code → how many messages were answered so."""
    expected: int
    """Deliveries of acknowledged messages to everybody who was connected when they were sent."""
    delivered: int
    lost: int
    """Expected, and not delivered."""
    repeated: int
    """Delivered once more than once."""
    dropped: int
    """Connections that ended before their owner left."""
    trouble: dict[str, int]
    """What else went wrong: text → how often."""

    @property
    def unanswered(self) -> int:
        return self.sent - self.acknowledged - sum(self.refused.values())


class Ledger:
    """Written by the users while they chat, read at the end."""

    def __init__(self) -> None:
        self.latencies_ms: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        """By what was measured: `sign up`, `log in`, `connect`, and from when a message was due `send` (how late the
        load itself was), `acknowledge`, `deliver`."""
        self.trouble: Counter[str] = Counter()
        self.last_at = 0.0
        """When the last thing was measured."""
        self._messages: dict[str, _Message] = {}
        self._listeners: dict[str, _Listener] = {}

    def connected(self, listener: str, at: float) -> None:
        self._listeners[listener] = _Listener(at)

    def dropped(self, listener: str, at: float) -> None:
        """Its connection ended before it wanted to leave."""
        self._listeners[listener].until = at

    def sent(self, key: str, due_at: float, at: float) -> None:
        self._messages[key] = _Message(due_at, at)

    def answered(self, key: str, answer: str) -> float:
        """`sent` is the acknowledgement, anything else an error code. Returns when the message was due."""
        message = self._messages[key]
        message.answer = answer
        return message.due_at

    def heard(self, listener: str, key: str) -> None:
        self._listeners[listener].heard[key] += 1

    def measured(self, what: str, latency_ms: float, at: float) -> None:
        self.last_at = at
        self.latencies_ms[what].append(latency_ms)

    @property
    def listeners(self) -> int:
        """How many have been connected."""
        return len(self._listeners)

    @property
    def is_settled(self) -> bool:
        """Whether every message is answered and every delivery made."""
        return all(message.answer for message in self._messages.values()) and not any(
            key not in listener.heard for listener, key in self._owed()
        )

    def account(self) -> Account:
        answers = Counter(message.answer for message in self._messages.values() if message.answer)
        owed = list(self._owed())
        return Account(
            sent=len(self._messages),
            acknowledged=answers.pop("sent", 0),
            refused=dict(answers),
            expected=len(owed),
            delivered=sum(len(listener.heard) for listener in self._listeners.values()),
            lost=sum(key not in listener.heard for listener, key in owed),
            repeated=sum(listener.heard.total() - len(listener.heard) for listener in self._listeners.values()),
            dropped=sum(listener.until is not None for listener in self._listeners.values()),
            trouble=dict(self.trouble),
        )

    def _owed(self) -> Iterator[tuple[_Listener, str]]:
        """Every delivery that is expected."""
        acknowledged = [(key, message) for key, message in self._messages.items() if message.answer == "sent"]
        for listener in self._listeners.values():
            yield from ((listener, key) for key, message in acknowledged if listener.is_owed(message))
