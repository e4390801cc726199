"""Attendance: which connections a user has open, and which rooms each of them takes part in.

Two facts, each in the table that answers the question about it: the user's open connections stand in one row of
Presence, and a connection has a row of Connections for each room (see `rooms`). The second follows from the first and
from the memberships, whatever happens at the same time, by these rules:

- Who opens a connection notes it in Presence and *then* reads the user's memberships; who approves a member changes
  the membership and *then* reads the user's connections. Both read consistently, so at least one sees the other.
- A row in a room is written in one transaction with the conditions that the user is a member and the connection is
  open, and removed with the condition that the user is none (`Seats`). Who leaves ends the membership and *then*
  removes the rows; who disconnects is struck out of Presence and *then* has the rows removed. So what was written
  before is found, and nothing is written afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from handlers.chat import direct
from handlers.chat.rooms import LOBBY, Connection, Connections, present


@dataclass(frozen=True)
class Standing:
    """Whether a user was online at some moment."""

    username: str
    online: bool


class Presence(Protocol):
    """The open connections of each user."""

    def arrive(self, connection: Connection, now_ms: int) -> None: ...

    def depart(self, username: str, connection_id: str) -> None: ...

    def open_connections(self, username: str) -> Collection[str]: ...


class Seats(Protocol):
    def take(self, connection: Connection, room_ids: Iterable[str]) -> None:
        """Give the connection a row in each of the rooms, if it is open and where its user is a member."""

    def give_up(self, username: str, connection_id: str, room_id: str) -> None:
        """Remove the connection's row in the room, unless its user is a member."""


@dataclass(frozen=True)
class Attendance:
    connections: Connections
    presence: Presence

    def of_user(self, username: str, now_ms: int) -> list[Connection]:
        """The user's open connections, as they are in the lobby."""
        rows = (self.connections.get(LOBBY, each) for each in self.presence.open_connections(username))
        return [row for row in rows if row is not None and row.is_live(now_ms)]

    def listeners(self, room_key: str, now_ms: int) -> list[Connection]:
        """The connections that hear what is said in a room, or in the direct messages of two people."""
        parties = direct.parties(room_key)
        if not parties:
            return present(self.connections, room_key, now_ms)
        return [connection for party in parties for connection in self.of_user(party, now_ms)]

    def forget(self, connection: Connection) -> None:
        """Remove the connection everywhere; `connection` is its row in any room."""
        self.presence.depart(connection.username, connection.connection_id)
        # The index lags behind the table on AWS, so what is known is not asked for. The lobby comes last: as long as
        # that row is there, its user's name is, and what was cut short can be repeated.
        found = {connection.room_id, *self.connections.rooms_of(connection.connection_id)} - {LOBBY}
        for room_id in (*found, LOBBY):
            self.connections.remove(room_id, connection.connection_id)


@dataclass(frozen=True)
class Seating:
    """Keeps rows in rooms as memberships are."""

    attendance: Attendance
    seats: Seats

    def seat(self, username: str, room_id: str, now_ms: int) -> None:
        """Let all connections of a new member take part in the room."""
        for connection in self.attendance.of_user(username, now_ms):
            self.seats.take(connection, [room_id])

    def unseat(self, username: str, room_id: str) -> None:
        """End that, for who is a member no more."""
        for connection_id in self.attendance.presence.open_connections(username):
            self.seats.give_up(username, connection_id, room_id)
