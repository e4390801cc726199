"""`sendMessage`: say something in a room or to somebody. Storing it is all where the table's stream drives the fan-out;
where fan-out is direct, everyone has been posted to before the sender is answered.
"""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.conversations import ConversationTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.recent_sends import RecentSendsTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import direct, messages, places, rate_limit
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
limit = int(os.environ.get("RATE_LIMIT", "60"))
push = pusher(dynamodb, os.environ)
ulids = Ulids()


@websocket.action
def handler(request: Request) -> Answer:
    """`sent` `{roomId, messageId, sentAt}`, once the message is in the history."""
    draft, now_ms = messages.draft(request.fields), clock.now_ms()
    place = places.place(connections, room_table, draft.room_id, request.connection_id, now_ms)
    sender = place.caller.username
    rate_limit.check(recent_sends, sender, limit, now_ms)
    if place.peer_id is not None:
        direct.begin(conversations, sender, place.peer_id, now_ms)
    message = messages.compose(draft, place.key, sender, ulids.next(now_ms))
    message_table.add(message)
    request.measured.update({MESSAGES_STORED: 1, **push(message, now_ms)})
    return {"type": "sent", "roomId": place.room_id, "messageId": message.message_id, "sentAt": message.sent_at_ms}
