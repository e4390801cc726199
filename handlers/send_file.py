"""`sendFile`: send what was uploaded, as a message; see `create_upload`."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.conversations import ConversationTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.recent_sends import RecentSendsTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import direct, files, messages, places, rate_limit
from handlers.chat.ulid import Ulids
from handlers.metrics import MESSAGES_STORED
from handlers.pushing import pusher
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
recent_sends = RecentSendsTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
conversations = ConversationTable.of(dynamodb, os.environ)
message_table = MessageTable(dynamodb, os.environ["MESSAGES_TABLE"])
store = aws.files(os.environ["FILES_URL"], os.environ["FILES_BUCKET"])
limit = int(os.environ.get("RATE_LIMIT", "60"))
push = pusher(dynamodb, os.environ)
ulids = Ulids()


@websocket.action
def handler(request: Request) -> Answer:
    """`sent` `{roomId, messageId, sentAt}`, once file and message are where they stay."""
    (draft, name), now_ms = messages.file_draft(request.fields), clock.now_ms()
    file_id = files.asked_file_id(request.fields)
    place = places.place(connections, room_table, draft.room_id, request.connection_id, now_ms)
    sender, message_id = place.caller.username, ulids.next(now_ms)
    rate_limit.check(recent_sends, sender, limit, now_ms)
    if place.peer_id is not None:
        direct.begin(conversations, sender, place.peer_id, now_ms)
    file = files.keep(store, sender, file_id, name, message_id)
    message = messages.compose(draft, place.key, sender, message_id, file)
    message_table.add(message)
    request.measured.update({MESSAGES_STORED: 1, **push(message, now_ms)})
    return {"type": "sent", "roomId": place.room_id, "messageId": message_id, "sentAt": message.sent_at_ms}
