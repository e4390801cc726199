"""Where a request acts: the lobby, a room, or the direct messages with somebody; and that the caller may act there."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.chat import direct
from handlers.chat.rooms import LOBBY, Connection, Connections, Rooms, participant


@dataclass(frozen=True)
class Place:
    room_id: str
    """As the caller calls it."""
    key: str
    """What its messages are stored under."""
    caller: Connection
    peer_id: str | None = None
    """The other one of direct messages."""


def place(connections: Connections, rooms: Rooms, room_id: str, connection_id: str, now_ms: int) -> Place:
    """
    Raises:
        NotAMember: the room exists, without this connection in it.
        RoomNotFound: there is no such room, or nobody can have this name.
        BadRequest: direct messages with oneself.
    """
    if not direct.is_direct(room_id):
        return Place(room_id, room_id, participant(connections, rooms, room_id, connection_id, now_ms))
    caller = participant(connections, rooms, LOBBY, connection_id, now_ms)
    peer = direct.peer_id(room_id, caller.username)
    return Place(direct.room_id_of(peer), direct.key_of(caller.username, peer), caller, peer)
