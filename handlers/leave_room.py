"""`leaveRoom`: leave a room with all one's connections, or take back the request to join it."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.adapters.seats import SeatTable
from handlers.chat import direct, rooms
from handlers.chat.attendance import Attendance, Seating
from handlers.chat.delivery import Courier
from handlers.chat.errors import BadRequest
from handlers.chat.leaving import Leaving
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))
book = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
seating = Seating(attendance, SeatTable.of(dynamodb, os.environ))
desk = Leaving(book, seating, Courier(attendance.forget, aws.callback_api(os.environ["CALLBACK_URL"])))


@websocket.action
def handler(request: Request) -> Answer:
    """`left` `{roomId}`, once nothing that is said in the room reaches the user any more."""
    room_id, now_ms = rooms.room_id(request.fields), clock.now_ms()
    direct.refuse(room_id)
    leaver = rooms.participant(connections, book, rooms.LOBBY, request.connection_id, now_ms)
    if room_id == rooms.LOBBY:
        raise BadRequest("Nobody leaves the lobby but by disconnecting.")
    desk.leave(room_id, leaver, now_ms)
    return {"type": "left", "roomId": room_id}
