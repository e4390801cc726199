"""Rooms, and who is in them: a connection takes part in a room exactly while it has an unexpired row there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from handlers.chat import usernames
from handlers.chat.errors import NotAMember, RoomNotFound
from handlers.chat.fields import Fields, string

LOBBY: Final = "lobby"
LOBBY_NAME: Final = "Lobby"
MAX_ROOM_ID_CHARS: Final = 64
# From the writing of the row to the end of the handshake; `$connect` itself has no more time than this.
_OPENING_MS: Final = 10_000


@dataclass(frozen=True)
class Connection:
    """One connection's part in one room."""

    room_id: str
    connection_id: str
    username: str
    connected_at_ms: int
    expires_at_s: int
    """From here on it counts as absent, though DynamoDB may take days to delete the row."""

    def is_live(self, now_ms: int) -> bool:
        return self.expires_at_s * 1000 > now_ms

    def may_be_opening(self, now_ms: int) -> bool:
        """Whether it may not be open yet: `$connect` writes the row, and until the handshake is through API Gateway
        answers posts to the connection 410, as if it were gone.
        """
        return now_ms < self.connected_at_ms + _OPENING_MS

    def is_of(self, username: str) -> bool:
        return usernames.user_id(self.username) == usernames.user_id(username)


class Connections(Protocol):
    def get(self, room_id: str, connection_id: str) -> Connection | None: ...

    def in_room(self, room_id: str) -> Iterable[Connection]:
        """Every row of the room, expired ones too."""

    def rooms_of(self, connection_id: str) -> Iterable[str]:
        """The rooms that the connection has rows in, as far as is known: rows of a moment ago may be missing."""

    def remove(self, room_id: str, connection_id: str) -> None: ...


class Rooms(Protocol):
    def exists(self, room_id: str) -> bool: ...


def room_id(fields: Fields, *, default: str | None = None) -> str:
    """The request's `roomId`. Raises BadRequest, TooLong."""
    return string(fields, "roomId", min_chars=1, max_chars=MAX_ROOM_ID_CHARS, default=default)


def participant(connections: Connections, rooms: Rooms, room_id: str, connection_id: str, now_ms: int) -> Connection:
    """The connection's row in the room: who this is, and that they may act there.

    Raises:
        NotAMember: the room exists, without this connection in it.
        RoomNotFound: there is no such room.
    """
    connection = connections.get(room_id, connection_id)
    if connection is not None and connection.is_live(now_ms):
        return connection
    if room_id == LOBBY or rooms.exists(room_id):
        raise NotAMember
    raise RoomNotFound


def present(connections: Connections, room_id: str, now_ms: int) -> list[Connection]:
    """The connections in the room."""
    return [connection for connection in connections.in_room(room_id) if connection.is_live(now_ms)]
