"""`deleteMessage`: take back one's own message, and its file."""

from __future__ import annotations

import os

from handlers import websocket
from handlers.adapters import aws
from handlers.changing import Changing, names
from handlers.chat import changes, files
from handlers.websocket import Answer, Request

changing = Changing(os.environ)
store = aws.files(os.environ["FILES_URL"], os.environ["FILES_BUCKET"])


@websocket.action
def handler(request: Request) -> Answer:
    """`deleted` `{message}`."""
    it = changing.subject(request, *names(request.fields))
    message = changes.delete(changing.archive, it.place.key, it.message_id, it.username, it.now_ms)
    # Whether or not it had one: a function that was cut short may have left it behind.
    store.remove(files.key(it.message_id))
    return changing.answer(request, "deleted", it, message)
