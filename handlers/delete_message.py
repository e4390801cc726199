"""`deleteMessage`: take back one's own message, and its file."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.recent_sends import RecentSendsTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import changes, files, messages, places, rate_limit, rooms
from handlers.pushing import pusher
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
recent_sends = RecentSendsTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
message_table = MessageTable(dynamodb, os.environ["MESSAGES_TABLE"])
store = aws.files(os.environ["FILES_URL"], os.environ["FILES_BUCKET"])
limit = int(os.environ.get("RATE_LIMIT", "60"))
push = pusher(dynamodb, os.environ)


@websocket.action
def handler(request: Request) -> Answer:
    """`deleted` `{message}`."""
    room_id, message_id, now_ms = rooms.room_id(request.fields), messages.message_id(request.fields), clock.now_ms()
    place = places.place(connections, room_table, room_id, request.connection_id, now_ms)
    rate_limit.check(recent_sends, place.caller.username, limit, now_ms)
    message = changes.delete(message_table, place.key, message_id, place.caller.username, now_ms)
    # Whether or not it had one: a function that was cut short may have left it behind.
    store.remove(files.key(message_id))
    if message.revision:  # or nothing was ever changed
        request.measured.update(push(message, now_ms))
    return {"type": "deleted", "message": messages.view(message, place.room_id)}
