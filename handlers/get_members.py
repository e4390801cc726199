"""`getMembers`: who is in a room, and whether they are there."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import places, rooms, rosters
from handlers.chat.attendance import Attendance
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))
book = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])


@websocket.action
def handler(request: Request) -> Answer:
    """`members` `{roomId, members, nextAfter?}`."""
    room_id, after, now_ms = rooms.room_id(request.fields), rosters.after(request.fields), clock.now_ms()
    place = places.place(connections, book, room_id, request.connection_id, now_ms)
    page = rosters.members_of(book, place, attendance.listeners(place.key, now_ms), after)
    return {"type": "members", "roomId": place.room_id, "members": page.entries, **page.next_after}
