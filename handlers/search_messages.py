"""`searchMessages`: the messages of a room that have some words in them."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import places, search
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
message_table = MessageTable(dynamodb, os.environ["MESSAGES_TABLE"])


@websocket.action
def handler(request: Request) -> Answer:
    """`found` `{roomId, messages, nextBefore?}`."""
    asked, query = search.request(request.fields)
    place = places.place(connections, room_table, asked.room_id, request.connection_id, clock.now_ms())
    page = search.search(
        lambda before, limit: message_table.newest(place.key, before=before, limit=limit), query, asked, place.room_id
    )
    return {"type": "found", "roomId": place.room_id, "messages": page.messages, **page.go_on}
