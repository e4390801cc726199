"""One event per hop (request, frame, invocation, stream batch, post), for whoever listens.

With no listener an `emit` is one truth test at the caller: `if events.listening: events.emit(...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is `service.what` (`lambda.invoke`); `fields` are ids, sizes and durations, never contents."""

    kind: str
    at: float
    fields: dict[str, Any]


class Events:
    """A synchronous bus; listeners must be quick and must not raise."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._listeners: list[Callable[[Event], None]] = []
        self.listening = False

    def emit(self, kind: str, **fields: Any) -> None:
        event = Event(kind, self._now(), fields)
        for listener in tuple(self._listeners):
            listener(event)

    @contextmanager
    def subscribe(self, listener: Callable[[Event], None]) -> Iterator[None]:
        """Hear every event for the time of the `with` block."""
        self._listeners.append(listener)
        self.listening = True
        try:
            yield
        finally:
            self._listeners.remove(listener)
            self.listening = bool(self._listeners)
