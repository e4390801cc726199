"""Messages: what may be said, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

from handlers.chat import rooms, ulid
from handlers.chat.errors import BadRequest
from handlers.chat.fields import Fields, optional_string, string, whole_number

MAX_TEXT_CHARS: Final = 4000
MAX_CLIENT_ID_CHARS: Final = 64
MAX_PAGE: Final = 100
DEFAULT_PAGE: Final = 50
# A WebSocket message of API Gateway holds 128 KB, and 100 messages of 4,000 characters can be twelve times that. 4 KB
# are left for what is around them.
MAX_PAGE_BYTES: Final = 124 * 1024


@dataclass(frozen=True)
class Draft:
    """What a client asks to be said."""

    room_id: str
    text: str
    client_id: str | None


@dataclass(frozen=True)
class Message:
    room_id: str
    message_id: str
    """A ULID: messages of a room sort by it, oldest first."""
    username: str
    text: str
    sent_at_ms: int
    client_id: str | None = None
    """Whatever the sender's client put there to know its own message again."""


class MessageView(TypedDict):
    """A message as it goes over the wire, in pushes and in the history."""

    roomId: str
    messageId: str
    username: str
    text: str
    sentAt: int
    clientId: NotRequired[str]


@dataclass(frozen=True)
class PageRequest:
    room_id: str
    before: str | None
    limit: int


@dataclass(frozen=True)
class Page:
    messages: list[MessageView]
    """Oldest first."""
    next_before: str | None
    """The `before` of the next older page; None where this one reaches the beginning."""


def draft(fields: Fields) -> Draft:
    """Read a `sendMessage`. The text is kept exactly as it came, white space and all. Raises BadRequest, TooLong."""
    return Draft(
        room_id=rooms.room_id(fields, default=rooms.LOBBY),
        text=string(fields, "text", min_chars=1, max_chars=MAX_TEXT_CHARS),
        client_id=optional_string(fields, "clientId", max_chars=MAX_CLIENT_ID_CHARS),
    )


def compose(draft: Draft, username: str, message_id: str) -> Message:
    """The message that the draft becomes; its time is that of its id, so that both sort alike."""
    return Message(draft.room_id, message_id, username, draft.text, ulid.timestamp_ms(message_id), draft.client_id)


def view(message: Message) -> MessageView:
    shown = MessageView(
        roomId=message.room_id,
        messageId=message.message_id,
        username=message.username,
        text=message.text,
        sentAt=message.sent_at_ms,
    )
    if message.client_id is not None:
        shown["clientId"] = message.client_id
    return shown


def page_request(fields: Fields) -> PageRequest:
    """Read a `getMessages`. Raises BadRequest, TooLong."""
    before = optional_string(fields, "before", max_chars=26)
    if before is not None and not ulid.is_valid(before):
        raise BadRequest("before must be a messageId.")
    limit = whole_number(fields, "limit", low=1, high=MAX_PAGE, default=DEFAULT_PAGE)
    return PageRequest(rooms.room_id(fields), before, limit)


def page(newest_first: Sequence[Message], limit: int) -> Page:
    """The page that a history makes: at most `limit` messages, and no more than one WebSocket message holds.

    Args:
        newest_first: `limit` + 1 messages, or all there are if fewer: the one too many tells that there are older ones.
    """
    shown = list(_fitting(view(message) for message in newest_first[:limit]))
    older = len(newest_first) > len(shown)
    return Page(shown[::-1], shown[-1]["messageId"] if older else None)


def _fitting(views: Iterable[MessageView]) -> Iterable[MessageView]:
    size_bytes = 0
    for shown in views:
        size_bytes += len(json.dumps(shown, ensure_ascii=False).encode()) + 1
        if size_bytes > MAX_PAGE_BYTES:
            return
        yield shown
