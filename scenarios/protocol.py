"""What goes over the wire, as docs/chat.md has it. No I/O here: scenarios (asyncio) and loads (gevent) share it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

LOBBY = "lobby"
MAX_TEXT_CHARS = 4000

Frame: TypeAlias = dict[str, Any]
"""One JSON object that the server sent: an answer, a push, or what API Gateway itself has to say (without `type`)."""


def connect_url(websocket_url: str, *, token: str | None = None, username: str | None = None) -> str:
    """Where to open a socket: as the account of a token, as the guest `~username`, or (neither) as nobody."""
    given = {"token": token, "username": username}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return f"{websocket_url}?{query}" if query else websocket_url


def request(action: str, **fields: object) -> str:
    """The text of one request; fields that are None are left out."""
    return json.dumps({"action": action, **{name: value for name, value in fields.items() if value is not None}})


def parse(text: str | bytes) -> Frame:
    """What a frame says. Raises ValueError: no JSON object, which the chat never sends."""
    frame = json.loads(text)
    if not isinstance(frame, dict):
        raise ValueError(f"a frame that is no JSON object: {text!r}")
    return frame


def matches(frame: Frame, wanted: Mapping[str, object]) -> bool:
    """Whether a frame has all the wanted fields, with the wanted values."""
    return all(name in frame and frame[name] == value for name, value in wanted.items())
