"""`getMessages`: a page of a room's history."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import messages, places
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
message_table = MessageTable(dynamodb, os.environ["MESSAGES_TABLE"])


@websocket.action
def handler(request: Request) -> Answer:
    """`messages` `{roomId, messages, nextBefore?}`."""
    asked = messages.page_request(request.fields)
    place = places.place(connections, room_table, asked.room_id, request.connection_id, clock.now_ms())
    newest_first = message_table.newest(place.key, before=asked.before, limit=asked.limit + 1)
    page = messages.page(newest_first, asked.limit, place.room_id)
    return {"type": "messages", "roomId": place.room_id, "messages": page.messages, **page.go_on}
