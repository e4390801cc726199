"""`ping`: the heartbeat, which also keeps API Gateway from closing an idle connection after ten minutes."""

from __future__ import annotations

from handlers import clock, websocket
from handlers.websocket import Answer, Request


@websocket.action
def handler(_request: Request) -> Answer:
    """`pong` `{serverTime}`, in milliseconds."""
    return {"type": "pong", "serverTime": clock.now_ms()}
