"""Pushes: getting what happened in a room to the connections in it, in order, in parallel, none waiting for another.

Every connection has an outbox. Outboxes are emptied in rounds, all at once; one that the callback API would not take
for now (429, 5xx, no answer) goes on in the next round where it stopped, after a pause that doubles, with full
jitter. So pushes of one connection keep their order, and a connection in trouble costs the others nothing but the
thread that its own attempt takes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from handlers.chat import wire
from handlers.chat.rooms import Connection

_PARALLEL_POSTS: Final = 32
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0


class Outcome(Enum):
    """What became of one post."""

    DELIVERED = auto()
    GONE = auto()
    """The connection is no more (410)."""
    UNAVAILABLE = auto()
    """Not now: throttled, failed, no answer. May be tried again."""
    REFUSED = auto()
    """Never: any other answer. Trying again would not help."""


class Callbacks(Protocol):
    """API Gateway's side of the connections. Neither method raises because of what the other end does."""

    def post(self, connection_id: str, body: bytes) -> Outcome:
        """Send one message to the connection."""

    def close(self, connection_id: str) -> None:
        """Ask for the connection to be closed; its `$disconnect` then runs."""


@dataclass
class Outbox:
    """The pushes owed to one connection, oldest first."""

    connection: Connection
    pushes: Sequence[bytes]
    opening: bool = False
    """Found gone, it may only not be open yet, and is not forgotten."""
    taken: int = 0
    """How many of them are dealt with: delivered or refused."""
    delivered: int = 0
    outcome: Outcome = Outcome.UNAVAILABLE
    """Of the last post."""

    def empty_into(self, callbacks: Callbacks) -> None:
        """Post what is left, until the connection is found gone or unavailable."""
        for push in self.pushes[self.taken :]:
            self.outcome = callbacks.post(self.connection.connection_id, push)
            if self.outcome in (Outcome.GONE, Outcome.UNAVAILABLE):
                return
            self.taken += 1
            self.delivered += self.outcome is Outcome.DELIVERED


class Courier:
    """Empties outboxes. One per environment: its threads, and the connections behind `callbacks`, outlive the event."""

    def __init__(self, forget: Callable[[Connection], None], callbacks: Callbacks) -> None:
        """
        Args:
            forget: removes a connection that is no more, in every room.
        """
        self._forget = forget
        self._callbacks = callbacks
        self._threads = ThreadPoolExecutor(_PARALLEL_POSTS, "push")

    def deliver(self, outboxes: Sequence[Outbox], patience_s: float) -> None:
        """Empty the outboxes, and forget the connections found gone, and no other; nor those that may be opening.

        Those still UNAVAILABLE after `patience_s` seconds keep what they have; 0 makes one attempt.
        """
        give_up_at = time.monotonic() + patience_s
        waiting, longest_pause_s = outboxes, _FIRST_PAUSE_S
        while True:
            self._each(lambda outbox: outbox.empty_into(self._callbacks), waiting)
            waiting = with_outcome(Outcome.UNAVAILABLE, waiting)
            pause_s = random.uniform(0, longest_pause_s)  # noqa: S311 (jitter is no secret)
            if not waiting or time.monotonic() + pause_s >= give_up_at:
                break
            time.sleep(pause_s)
            longest_pause_s = min(2 * longest_pause_s, _LONGEST_PAUSE_S)
        gone = with_outcome(Outcome.GONE, outboxes)
        self._each(lambda outbox: self._forget(outbox.connection), [each for each in gone if not each.opening])

    def close(self, outboxes: Iterable[Outbox]) -> None:
        """Close their connections."""
        self._each(lambda outbox: self._callbacks.close(outbox.connection.connection_id), outboxes)

    def _each(self, act: Callable[[Outbox], None], outboxes: Iterable[Outbox]) -> None:
        """Do something for each outbox, in parallel; returns when all is done, raises what the first of them raised."""
        list(self._threads.map(act, outboxes))


def push(kind: str, fields: Mapping[str, object]) -> bytes:
    """What goes to a connection unasked."""
    return wire.render({"type": kind, **fields}).encode()


def outboxes(connections: Iterable[Connection], pushes: Sequence[bytes], now_ms: int) -> list[Outbox]:
    """One for each connection, with the same pushes."""
    return [Outbox(each, pushes, opening=each.may_be_opening(now_ms)) for each in connections]


def with_outcome(outcome: Outcome, outboxes: Iterable[Outbox]) -> list[Outbox]:
    return [outbox for outbox in outboxes if outbox.outcome is outcome]
