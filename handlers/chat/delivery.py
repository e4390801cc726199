"""Pushes: getting what happened in a room to the connections in it, in order, in parallel, none waiting for another.

Every connection has an outbox, emptied on a thread of its own. One that the callback API would not take for now (429,
5xx, no answer) goes on where it stopped after a pause that doubles, with full jitter. So pushes of one connection keep
their order, and a connection in trouble costs the others nothing but the thread that its own attempt takes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from heapq import heappop, heappush
from queue import Empty, SimpleQueue
from typing import Final, Protocol, TypeVar

from handlers.chat import wire
from handlers.chat.rooms import Connection

T = TypeVar("T")
R = TypeVar("R")

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

        Those still UNAVAILABLE after `patience_s` seconds keep what they have; 0 makes one attempt. Raises what
        forgetting raised first, when all is done.
        """
        give_up_at = time.monotonic() + patience_s
        attempts = SimpleQueue[_Attempt]()
        paused: list[tuple[float, int, _Attempt]] = []
        failures: list[Exception] = []
        for number, outbox in enumerate(outboxes):
            self._threads.submit(self._attempt, _Attempt(outbox, number), attempts)
        under_way = len(outboxes)
        while under_way or paused:
            if (done := _next(attempts, paused)) is None:
                self._threads.submit(self._attempt, heappop(paused)[2], attempts)
                under_way += 1
                continue
            under_way -= 1
            if done.failure is not None:
                failures.append(done.failure)
            elif done.outbox.outcome is Outcome.UNAVAILABLE:
                due_at = time.monotonic() + done.pause_s()
                if due_at < give_up_at:
                    heappush(paused, (due_at, done.number, done))
        if failures:
            raise failures[0]

    def close(self, outboxes: Iterable[Outbox]) -> None:
        """Close their connections."""
        self.each(lambda outbox: self._callbacks.close(outbox.connection.connection_id), outboxes)

    def each(self, work: Callable[[T], R], of: Iterable[T]) -> list[R]:
        """Do the work for each at the same time; what came of it, in order. Raises what any of it raised."""
        return list(self._threads.map(work, of))

    def _attempt(self, attempt: _Attempt, done: SimpleQueue[_Attempt]) -> None:
        try:
            attempt.outbox.empty_into(self._callbacks)
            if attempt.outbox.outcome is Outcome.GONE and not attempt.outbox.opening:
                self._forget(attempt.outbox.connection)
        except Exception as error:  # noqa: BLE001 (a thread's edge: raised on the caller's)
            attempt.failure = error
        done.put(attempt)


@dataclass
class _Attempt:
    """An outbox on its way."""

    outbox: Outbox
    number: int
    longest_pause_s: float = _FIRST_PAUSE_S
    failure: Exception | None = None

    def pause_s(self) -> float:
        """How long to wait before the next one; each time longer."""
        pause_s = random.uniform(0, self.longest_pause_s)  # noqa: S311 (jitter is no secret)
        self.longest_pause_s = min(2 * self.longest_pause_s, _LONGEST_PAUSE_S)
        return pause_s


def _next(attempts: SimpleQueue[_Attempt], paused: Sequence[tuple[float, int, _Attempt]]) -> _Attempt | None:
    """Wait for an attempt to end; None when one that paused is due first."""
    try:
        return attempts.get(timeout=max(0.0, paused[0][0] - time.monotonic()) if paused else None)
    except Empty:
        return None


def push(kind: str, fields: Mapping[str, object]) -> bytes:
    """What goes to a connection unasked."""
    return wire.render({"type": kind, **fields}).encode()


def outboxes(connections: Iterable[Connection], pushes: Sequence[bytes], now_ms: int) -> list[Outbox]:
    """One for each connection, with the same pushes."""
    return [Outbox(each, pushes, opening=each.may_be_opening(now_ms)) for each in connections]


def with_outcome(outcome: Outcome, outboxes: Iterable[Outbox]) -> list[Outbox]:
    return [outbox for outbox in outboxes if outbox.outcome is outcome]
