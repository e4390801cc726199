"""What functions that change a message have in common: who may change which one, and that everybody hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import clock
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.recent_sends import RecentSendsTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import messages, places, rate_limit, rooms
from handlers.chat.fields import Fields
from handlers.chat.messages import Message
from handlers.chat.places import Place
from handlers.pushing import pusher
from handlers.websocket import Answer, Request


def names(fields: Fields) -> tuple[str, str]:
    """`roomId` and `messageId`. Like all fields they are read before anything is looked up or counted.

    Raises: BadRequest, TooLong.
    """
    return rooms.room_id(fields), messages.message_id(fields)


@dataclass(frozen=True)
class Subject:
    """The message that a request is about, and when it was asked."""

    place: Place
    message_id: str
    now_ms: int

    @property
    def username(self) -> str:
        """Who asks."""
        return self.place.caller.username


class Changing:
    """The tables of one function."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        dynamodb = aws.dynamodb()
        self.archive = MessageTable(dynamodb, environ["MESSAGES_TABLE"])
        self._connections = ConnectionTable(dynamodb, environ["CONNECTIONS_TABLE"])
        self._recent_sends = RecentSendsTable(dynamodb, environ["CONNECTIONS_TABLE"])
        self._rooms = RoomTable(dynamodb, environ["ROOMS_TABLE"])
        self._limit = int(environ.get("RATE_LIMIT", "60"))
        self._push = pusher(dynamodb, environ)

    def subject(self, request: Request, room_id: str, message_id: str) -> Subject:
        """The message that is named, for who is in the room and not too fast.

        Raises: as `places.place` and `rate_limit.check`.
        """
        now_ms = clock.now_ms()
        place = places.place(self._connections, self._rooms, room_id, request.connection_id, now_ms)
        rate_limit.check(self._recent_sends, place.caller.username, self._limit, now_ms)
        return Subject(place, message_id, now_ms)

    def answer(self, request: Request, answer_type: str, subject: Subject, message: Message) -> Answer:
        """Push the message as it is now, and say so to the caller."""
        if message.revision:  # or nothing was ever changed
            request.measured.update(self._push(message, subject.now_ms))
        return {"type": answer_type, "message": messages.view(message, subject.place.room_id)}
