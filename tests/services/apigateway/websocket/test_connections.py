"""How long connections live (aws-behaviour §6.2, §6.3, §8), without sockets and with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.websocket.connections import DURATION_S, IDLE_S, Connection, Connections
from cloudrig.services.apigateway.websocket.live import LiveStage
from cloudrig.services.apigateway.websocket.socket import Socket

STAGE = LiveStage("abcdefghij", "prod", Scope())


class FakeSocket:
    """Notes how it is closed."""

    def __init__(self) -> None:
        self.closed_with: tuple[int, str] | None = None

    def close(self, code: int, reason: str) -> None:
        self.closed_with = code, reason


Open = Callable[[], tuple[Connection, FakeSocket]]


@pytest.fixture
async def clock() -> Clock:
    return Clock(source=lambda: 0.0)


@pytest.fixture
def connections(clock: Clock) -> Connections:
    return Connections(clock)


@pytest.fixture
def opened(connections: Connections) -> Open:
    def open_one() -> tuple[Connection, FakeSocket]:
        connection, socket = Connection(STAGE, "127.0.0.1", None, "", 0), FakeSocket()
        connections.open(connection, cast(Socket, socket))
        return connection, socket

    return open_one


async def test_idle_connections_end_at_ten_minutes(clock: Clock, connections: Connections, opened: Open) -> None:
    """§6.3: 10 minutes without data in either direction; not a second less."""
    connection, socket = opened()
    clock.advance(IDLE_S - 1)
    assert connections.get(connection.id) is connection
    clock.advance(1)
    assert connections.get(connection.id) is None
    assert socket.closed_with == (1001, "Going away")


async def test_each_ends_at_its_own_time(clock: Clock, connections: Connections, opened: Open) -> None:
    """Activity of one connection moves its own end only."""
    (busy, busy_socket), (_, quiet_socket) = opened(), opened()
    clock.advance(300)
    connections.touch(busy)
    _, late_socket = opened()
    clock.advance(300)
    assert [socket.closed_with is None for socket in (busy_socket, quiet_socket, late_socket)] == [True, False, True]
    clock.advance(300)
    assert [socket.closed_with is None for socket in (busy_socket, late_socket)] == [False, False]


async def test_busy_connections_end_at_two_hours(clock: Clock, connections: Connections, opened: Open) -> None:
    """§8: 2 hours in all."""
    connection, socket = opened()
    for _ in range(int(DURATION_S / 500)):
        clock.advance(500)
        connections.touch(connection)
    assert socket.closed_with is None
    clock.advance(DURATION_S % 500)
    assert socket.closed_with == (1001, "Going away")


async def test_forgotten_connections_leave_nothing(clock: Clock, connections: Connections, opened: Open) -> None:
    """A connection that closed is neither found nor closed again, and later ones still end in time."""
    connection, socket = opened()
    connections.forget(connection)
    connections.forget(connection)
    assert len(connections) == 0
    clock.advance(IDLE_S)
    assert socket.closed_with is None
    _, later = opened()
    clock.advance(IDLE_S)
    assert later.closed_with is not None


async def test_connections_of_a_stage(connections: Connections, opened: Open) -> None:
    """Found by the stage they were opened on."""
    connection, _ = opened()
    assert connections.of(STAGE) == [connection]
    assert connections.of(LiveStage("abcdefghij", "dev", Scope())) == []


async def test_they_do_not_end_because_the_machines_clock_is_set() -> None:
    """As that of a machine that slept; what is shown of them is by that clock."""
    machine, passed = [1_000_000.0], [0.0]
    clock = Clock(lambda: machine[0], steady=lambda: passed[0])
    connections, connection = Connections(clock), Connection(STAGE, "127.0.0.1", None, "", 0)
    connections.open(connection, cast(Socket, FakeSocket()))
    machine[0] += DURATION_S
    passed[0] += 1
    clock.advance(0)
    connections._end_due()
    assert connections.get(connection.id) is connection
    assert connections.last_active(connection) == 1_000_000.0 + DURATION_S - 1
