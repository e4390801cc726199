"""`getMembers`: who is in a room, and whether they are there."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import rooms, rosters
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
book = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])


@websocket.action
def handler(request: Request) -> Answer:
    """`members` `{roomId, members, nextAfter?}`."""
    room_id, after, now_ms = rooms.room_id(request.fields), rosters.after(request.fields), clock.now_ms()
    viewer = rooms.participant(connections, book, room_id, request.connection_id, now_ms)
    present = rooms.present(connections, room_id, now_ms)
    page = rosters.members_of(book, room_id, present, viewer.username, after)
    return {"type": "members", "roomId": room_id, "members": page.entries, **page.next_after}
