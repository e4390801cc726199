"""`getFile`: an address to read a message's file from, for who may read the message."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import files, messages, places, rooms
from handlers.chat.errors import MessageNotFound
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
message_table = MessageTable(dynamodb, os.environ["MESSAGES_TABLE"])
store = aws.files(os.environ["FILES_URL"], os.environ["FILES_BUCKET"])


@websocket.action
def handler(request: Request) -> Answer:
    """`file` `{roomId, messageId, url, expiresAt}`."""
    room_id, message_id, now_ms = rooms.room_id(request.fields), messages.message_id(request.fields), clock.now_ms()
    place = places.place(connections, room_table, room_id, request.connection_id, now_ms)
    message = message_table.find(place.key, message_id)
    if message is None or message.file is None:
        raise MessageNotFound
    url, expires_at_ms = files.address(store, message_id, message.file), now_ms + files.VALID_S * 1000
    return {"type": "file", "roomId": place.room_id, "messageId": message_id, "url": url, "expiresAt": expires_at_ms}
