"""`listRooms`: the rooms that one is in or has asked to join."""

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
    """`rooms` `{rooms, nextAfter?}`."""
    after = rosters.after(request.fields)
    caller = rooms.participant(connections, book, rooms.LOBBY, request.connection_id, clock.now_ms())
    page = rosters.rooms_of(book, caller.username, after)
    return {"type": "rooms", "rooms": page.entries, **page.next_after}
