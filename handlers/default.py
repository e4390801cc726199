"""`$default`: whatever matches no route. Frames that are no JSON object come here too and are answered BadRequest."""

from __future__ import annotations

from handlers import websocket
from handlers.chat.errors import UnknownAction
from handlers.websocket import Answer, Request


@websocket.action
def handler(_request: Request) -> Answer:
    """`error` UnknownAction."""
    raise UnknownAction
