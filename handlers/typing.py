"""`typing`: tell the others in a room that somebody is typing. Stored nowhere, and tried once: the next one is
seconds away.
"""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import direct, places, rooms
from handlers.chat.attendance import Attendance
from handlers.chat.delivery import Courier, outboxes, push
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))
courier = Courier(attendance.forget, aws.callback_api(os.environ["CALLBACK_URL"]))


@websocket.action
def handler(request: Request) -> Answer:
    """`ok`, and a push `typing` `{roomId, username}` to the connections of everyone else in the room."""
    room_id, now_ms = rooms.room_id(request.fields), clock.now_ms()
    place = places.place(connections, room_table, room_id, request.connection_id, now_ms)
    typist = place.caller.username
    others = [c for c in attendance.listeners(place.key, now_ms) if not c.is_of(typist)]
    # Of direct messages the others are one, who calls them by the typist's name.
    shown = place.room_id if place.peer_id is None else direct.room_id_of(typist)
    typing = push("typing", {"roomId": shown, "username": typist})
    courier.deliver(outboxes(others, [typing], now_ms), patience_s=0)
    return {"type": "ok"}
