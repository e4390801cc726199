"""`editMessage`: give one's own message another text."""

from __future__ import annotations

import os

from handlers import websocket
from handlers.changing import Changing, names
from handlers.chat import changes, messages
from handlers.chat.fields import string
from handlers.websocket import Answer, Request

changing = Changing(os.environ)


@websocket.action
def handler(request: Request) -> Answer:
    """`edited` `{message}`."""
    room_id, message_id = names(request.fields)
    text = string(request.fields, "text", max_chars=messages.MAX_TEXT_CHARS)
    it = changing.subject(request, room_id, message_id)
    message = changes.edit(changing.archive, it.place.key, it.message_id, it.username, text, it.now_ms)
    return changing.answer(request, "edited", it, message)
