"""`createRoom`: open a room and be its admin."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.adapters.seats import SeatTable
from handlers.chat import membership, rooms
from handlers.chat.attendance import Attendance, Seating
from handlers.chat.fields import string
from handlers.chat.membership import MAX_NAME_CHARS, Room
from handlers.chat.ulid import Ulids
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
presence = PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"])
book = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
seating = Seating(Attendance(connections, presence), SeatTable.of(dynamodb, os.environ))
ulids = Ulids()


@websocket.action
def handler(request: Request) -> Answer:
    """`room` `{roomId, name, role}`, once all of the founder's connections are in it."""
    name, now_ms = string(request.fields, "name", min_chars=1, max_chars=MAX_NAME_CHARS), clock.now_ms()
    founder = rooms.participant(connections, book, rooms.LOBBY, request.connection_id, now_ms).username
    admin = membership.found(book, Room(ulids.next(now_ms), name, now_ms), founder)
    seating.seat(founder, admin.room_id, now_ms)
    return {"type": "room", "roomId": admin.room_id, "name": admin.room_name, "role": admin.role}
