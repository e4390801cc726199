"""Messages: what may be said, and how it is read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

from handlers.chat import files, rooms, ulid
from handlers.chat.errors import BadRequest
from handlers.chat.fields import Fields, optional_string, string, whole_number
from handlers.chat.files import File

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
class Reaction:
    """One emoji, and who reacted with it, the first first."""

    emoji: str
    usernames: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    room_id: str
    """Of direct messages the key of the conversation; see `direct`."""
    message_id: str
    """A ULID: messages of a room sort by it, oldest first."""
    username: str
    text: str
    sent_at_ms: int
    client_id: str | None = None
    """Whatever the sender's client put there to know its own message again."""
    file: File | None = None
    reactions: tuple[Reaction, ...] = ()
    edited_at_ms: int | None = None
    deleted_at_ms: int | None = None
    revision: int = 0
    """How often it was changed."""


class FileView(TypedDict):
    name: str
    contentType: str
    sizeBytes: int


class ReactionView(TypedDict):
    emoji: str
    usernames: list[str]


class MessageView(TypedDict):
    """A message as it goes over the wire, in pushes and in the history."""

    roomId: str
    messageId: str
    username: str
    text: str
    sentAt: int
    clientId: NotRequired[str]
    file: NotRequired[FileView]
    reactions: NotRequired[list[ReactionView]]
    editedAt: NotRequired[int]
    deletedAt: NotRequired[int]
    revision: NotRequired[int]


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

    @property
    def go_on(self) -> dict[str, str]:
        """What an answer says about it: `{nextBefore?}`."""
        return {} if self.next_before is None else {"nextBefore": self.next_before}


def draft(fields: Fields) -> Draft:
    """Read a `sendMessage`. The text is kept exactly as it came, white space and all. Raises BadRequest, TooLong."""
    return Draft(
        room_id=rooms.room_id(fields, default=rooms.LOBBY),
        text=string(fields, "text", min_chars=1, max_chars=MAX_TEXT_CHARS),
        client_id=optional_string(fields, "clientId", max_chars=MAX_CLIENT_ID_CHARS),
    )


def file_draft(fields: Fields) -> tuple[Draft, str]:
    """Read a `sendFile`: what is said with the file, which may be nothing, and its name. Raises BadRequest, TooLong."""
    said = Draft(
        room_id=rooms.room_id(fields, default=rooms.LOBBY),
        text=string(fields, "text", max_chars=MAX_TEXT_CHARS, default=""),
        client_id=optional_string(fields, "clientId", max_chars=MAX_CLIENT_ID_CHARS),
    )
    return said, string(fields, "name", min_chars=1, max_chars=files.MAX_NAME_CHARS)


def message_id(fields: Fields, name: str = "messageId") -> str:
    """The id under `name`. Raises BadRequest, TooLong."""
    given = string(fields, name, max_chars=26)
    if not ulid.is_valid(given):
        raise BadRequest(f"{name} must be a messageId.")
    return given


def compose(draft: Draft, room_key: str, username: str, message_id: str, file: File | None = None) -> Message:
    """The message that the draft becomes; its time is that of its id, so that both sort alike."""
    return Message(room_key, message_id, username, draft.text, ulid.timestamp_ms(message_id), draft.client_id, file)


def view(message: Message, room_id: str) -> MessageView:
    """What a client is shown who calls the room `room_id`."""
    shown = MessageView(
        roomId=room_id,
        messageId=message.message_id,
        username=message.username,
        text=message.text,
        sentAt=message.sent_at_ms,
    )
    if message.client_id is not None:
        shown["clientId"] = message.client_id
    if message.file is not None:
        file = message.file
        shown["file"] = FileView(name=file.name, contentType=file.content_type, sizeBytes=file.size_bytes)
    if message.revision:
        _add_changes(shown, message)
    return shown


def _add_changes(shown: MessageView, message: Message) -> None:
    shown["revision"] = message.revision
    if message.reactions:
        shown["reactions"] = [ReactionView(emoji=r.emoji, usernames=list(r.usernames)) for r in message.reactions]
    if message.edited_at_ms is not None:
        shown["editedAt"] = message.edited_at_ms
    if message.deleted_at_ms is not None:
        shown["deletedAt"] = message.deleted_at_ms


def page_request(fields: Fields) -> PageRequest:
    """Read a `getMessages`. Raises BadRequest, TooLong."""
    before = message_id(fields, "before") if "before" in fields else None
    limit = whole_number(fields, "limit", low=1, high=MAX_PAGE, default=DEFAULT_PAGE)
    return PageRequest(rooms.room_id(fields), before, limit)


def page(newest_first: Sequence[Message], limit: int, room_id: str) -> Page:
    """The page that a history makes: at most `limit` messages, and no more than one WebSocket message holds.

    Args:
        newest_first: `limit` + 1 messages, or all there are if fewer: the one too many tells that there are older ones.
    """
    shown = fitting(newest_first[:limit], room_id)
    older = len(newest_first) > len(shown)
    return Page(shown[::-1], shown[-1]["messageId"] if older else None)


def fitting(messages: Iterable[Message], room_id: str) -> list[MessageView]:
    """The views of the first of them, as many as one WebSocket message holds."""
    views, size_bytes = [], 0
    for message in messages:
        shown = view(message, room_id)
        size_bytes += len(json.dumps(shown, ensure_ascii=False).encode()) + 1
        if size_bytes > MAX_PAGE_BYTES:
            break
        views.append(shown)
    return views
