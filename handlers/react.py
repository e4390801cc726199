"""`react`: set or take back one's reaction to a message."""

from __future__ import annotations

import os

from handlers import websocket
from handlers.changing import Changing, names
from handlers.chat import changes, emojis
from handlers.chat.fields import flag
from handlers.websocket import Answer, Request

changing = Changing(os.environ)


@websocket.action
def handler(request: Request) -> Answer:
    """`reacted` `{message}`."""
    room_id, message_id = names(request.fields)
    emoji, remove = emojis.emoji(request.fields), flag(request.fields, "remove")
    it = changing.subject(request, room_id, message_id)
    message = changes.react(changing.archive, it.place.key, it.message_id, it.username, emoji, remove=remove)
    return changing.answer(request, "reacted", it, message)
