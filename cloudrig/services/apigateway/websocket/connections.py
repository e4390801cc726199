"""The open WebSocket connections of a rig, and how long they live.

A connection ends after 10 minutes in which nothing was sent either way and after 2 hours in any case. Both limits are
the same for all, so two ordered dictionaries and one timer of the rig's clock do for any number of connections.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudrig.engine import names
from cloudrig.engine.clock import Clock, Timer
from cloudrig.services.apigateway.websocket.frames import GOING_AWAY
from cloudrig.services.apigateway.websocket.live import LiveStage
from cloudrig.services.apigateway.websocket.socket import Socket

IDLE_S = 10 * 60.0
DURATION_S = 2 * 60 * 60.0
TIMEOUT_REASON = "Going away"  # captured at the idle timeout; unverified at the 2-hour limit


@dataclass(slots=True, eq=False)
class Connection:
    """One client of a stage. `socket` is None until the upgrade is through; times are epoch ms and `Clock.passed`.

    `domain` is the custom domain name that the client came by, if it did. `authorizer` is what the authorizer said of
    the client, `caller` what its API key and signature say (`accountId`, `apiKey`, …): all are in every event of the
    connection.
    """

    stage: LiveStage
    source_ip: str
    user_agent: str | None
    host: str
    connected_at_ms: int
    domain: str = ""
    id: str = field(default_factory=lambda: names.extended_id("C"))
    authorizer: Mapping[str, Any] | None = None
    caller: Mapping[str, str] = field(default_factory=dict)
    socket: Socket | None = None
    opened_at: float = 0.0
    active_at: float = 0.0

    @property
    def identity(self) -> dict[str, str]:
        """`userAgent` is left out when the client sent none."""
        agent = {} if self.user_agent is None else {"userAgent": self.user_agent}
        return {**self.caller, **agent, "sourceIp": self.source_ip}


class Connections:
    """Open connections by id. One that is not here does not exist for `@connections`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_age: OrderedDict[str, Connection] = OrderedDict()
        self._by_activity: OrderedDict[str, Connection] = OrderedDict()
        self._timer: Timer | None = None

    def __len__(self) -> int:
        return len(self._by_age)

    def get(self, connection_id: str) -> Connection | None:
        return self._by_age.get(connection_id)

    def open(self, connection: Connection, socket: Socket) -> None:
        """The upgrade is through: from now on the connection can be posted to, and its time runs."""
        connection.socket = socket
        connection.opened_at = connection.active_at = self._clock.passed()
        self._by_age[connection.id] = connection
        self._by_activity[connection.id] = connection
        if self._timer is None:
            self._schedule()

    def touch(self, connection: Connection) -> None:
        """A message went to or came from the client."""
        connection.active_at = self._clock.passed()
        self._by_activity.move_to_end(connection.id)

    def last_active(self, connection: Connection) -> float:
        """When a message went to or came from the client, in epoch seconds."""
        return self._clock.now() - (self._clock.passed() - connection.active_at)

    def forget(self, connection: Connection) -> None:
        self._by_age.pop(connection.id, None)
        self._by_activity.pop(connection.id, None)

    def of(self, stage: LiveStage) -> list[Connection]:
        return [connection for connection in self._by_age.values() if connection.stage is stage]

    def all(self) -> list[Connection]:
        return list(self._by_age.values())

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _next_to_end(self) -> tuple[float, Connection] | None:
        if not self._by_age:
            return None
        oldest = next(iter(self._by_age.values()))
        quietest = next(iter(self._by_activity.values()))
        ends = (oldest.opened_at + DURATION_S, oldest), (quietest.active_at + IDLE_S, quietest)
        return min(ends, key=lambda end: end[0])

    def _schedule(self) -> None:
        """Wake at the first deadline as it stands now; it may have moved by then, and is looked at again."""
        end = self._next_to_end()
        self._timer = self._clock.call_later(end[0] - self._clock.passed(), self._end_due) if end else None

    def _end_due(self) -> None:
        try:
            while (end := self._next_to_end()) is not None and end[0] <= self._clock.passed():
                connection = end[1]
                self.forget(connection)
                if connection.socket is not None:
                    connection.socket.close(GOING_AWAY, TIMEOUT_REASON)
        finally:
            self._schedule()
