"""The rooms of one process's chatters: who comes first founds it and lets the others in."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event


@dataclass
class Room:
    """A room to be. `room_id` is there once `founded` is set."""

    size: int
    seats_taken: int = 0
    room_id: str = ""
    founded: Event = field(default_factory=Event)


class Rooms:
    """Seats people in rooms of one size, filling one after the other."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.rooms: list[Room] = []

    def seat(self) -> tuple[Room, bool]:
        """A room, and whether this one is to found it."""
        if not self.rooms or self.rooms[-1].seats_taken == self._size:
            self.rooms.append(Room(self._size))
        room = self.rooms[-1]
        room.seats_taken += 1
        return room, room.seats_taken == 1
