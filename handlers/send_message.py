"""`sendMessage`: say something in a room. Storing it is all where the table's stream drives the fan-out; where fan-out
is direct, everyone has been posted to before the sender is answered.
"""

from __future__ import annotations

import os
from typing import Final

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.messages import MessageTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.recent_sends import RecentSendsTable
from handlers.adapters.rooms import RoomTable
from handlers.chat import messages, rate_limit, rooms
from handlers.chat.attendance import Attendance
from handlers.chat.delivery import Courier
from handlers.chat.fan_out import Entry, FanOut
from handlers.chat.ulid import Ulids
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
recent_sends = RecentSendsTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
room_table = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
message_table = MessageTable(dynamodb, os.environ["MESSAGES_TABLE"])
limit = int(os.environ.get("RATE_LIMIT", "60"))
ulids = Ulids()
# A connection that takes nothing for so long is closed; the sender waits for it.
_PATIENCE_S: Final = 2.0


def _fan_out() -> FanOut:
    attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))
    return FanOut(connections, Courier(attendance.forget, aws.callback_api(os.environ["CALLBACK_URL"])))


direct = _fan_out() if os.environ["FANOUT"] == "direct" else None


@websocket.action
def handler(request: Request) -> Answer:
    """`sent` `{roomId, messageId, sentAt}`, once the message is in the history."""
    draft, now_ms = messages.draft(request.fields), clock.now_ms()
    sender = rooms.participant(connections, room_table, draft.room_id, request.connection_id, now_ms)
    rate_limit.check(recent_sends, sender.username, limit, now_ms)
    message = messages.compose(draft, sender.username, ulids.next(now_ms))
    message_table.add(message)
    if direct is not None:
        direct.run([Entry(message.message_id, message)], now_ms, _PATIENCE_S)
    return {"type": "sent", "roomId": message.room_id, "messageId": message.message_id, "sentAt": message.sent_at_ms}
