"""Leaving a room, and who hears of it."""

from __future__ import annotations

from handlers.chat import membership
from handlers.chat.attendance import Seating
from handlers.chat.delivery import Courier, outboxes, push
from handlers.chat.joining import PATIENCE_S
from handlers.chat.membership import Book, Departure
from handlers.chat.rooms import Connection, present


class Leaving:
    def __init__(self, book: Book, seating: Seating, courier: Courier) -> None:
        self._book = book
        self._seating = seating
        self._attendance = seating.attendance
        self._courier = courier

    def leave(self, room_id: str, leaver: Connection, now_ms: int) -> None:
        """Leave the room with all of the user's connections, or withdraw the request to join it.

        Args:
            leaver: the connection that asks; it gets an answer and no push.
        Raises:
            RoomNotFound, NotAMember: there is nothing to leave.
        """
        try:
            departure = membership.leave(self._book, room_id, leaver.username)
        finally:
            # In any case: a function that was cut short may have left rows of somebody who is no member any more.
            self._seating.unseat(leaver.username, room_id)
        if departure.left.is_member:
            self._tell(departure, leaver, now_ms)

    def _tell(self, departure: Departure, leaver: Connection, now_ms: int) -> None:
        """Those who stay hear who has left and who is admin now; so do the leaver's other windows."""
        left = departure.left
        news = [push("member", {"roomId": left.room_id, "username": left.username, "change": "left"})]
        windows = [
            c for c in self._attendance.of_user(left.username, now_ms) if c.connection_id != leaver.connection_id
        ]
        owed = outboxes(windows, list(news), now_ms)
        if departure.heir is not None:
            heir = departure.heir.username
            news.append(push("member", {"roomId": left.room_id, "username": heir, "change": "admin"}))
        owed += outboxes(present(self._attendance.connections, left.room_id, now_ms), news, now_ms)
        self._courier.deliver(owed, PATIENCE_S)
