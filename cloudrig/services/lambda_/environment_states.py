"""The states of an execution environment, and which can follow which."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    RETURNING = "returning"  # answered, and about to ask for the next event
    CLOSED = "closed"


TRANSITIONS = {
    State.STOPPED: {State.STARTING, State.CLOSED},
    State.STARTING: {State.IDLE, State.STOPPED, State.CLOSED},
    State.IDLE: {State.BUSY, State.STOPPED, State.CLOSED},
    State.BUSY: {State.RETURNING, State.STOPPED, State.CLOSED},
    State.RETURNING: {State.IDLE, State.STOPPED, State.CLOSED},
    State.CLOSED: set[State](),
}
