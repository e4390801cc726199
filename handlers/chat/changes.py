"""Changes of a message: edits, its deletion, reactions.

Each reads the message, makes another of it, and puts that in its place if its revision is still the same; otherwise it
reads again. So of changes made at once all happen, one after the other, and each state has a revision of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from handlers.chat import usernames
from handlers.chat.errors import BadRequest, MessageNotFound, NotAuthor, TooManyReactions
from handlers.chat.messages import Message, Reaction
from handlers.chat.settling import until_settled

MAX_EMOJI: Final = 20
MAX_REACTIONS: Final = 500


class Archive(Protocol):
    def find(self, room_key: str, message_id: str) -> Message | None: ...

    def replace(self, before: Message, after: Message) -> bool:
        """Put one in the place of the other, if that one's revision is still what is stored; False if not."""


def edit(archive: Archive, room_key: str, message_id: str, username: str, text: str, now_ms: int) -> Message:
    """Give one's own message another text. Raises MessageNotFound, NotAuthor; BadRequest: nothing would be left."""

    def revise(message: Message) -> Message:
        _check_author(message, username)
        if message.deleted_at_ms is not None:
            raise MessageNotFound
        if not text and message.file is None:
            raise BadRequest("text has at least 1 character.")
        return message if text == message.text else replace(message, text=text, edited_at_ms=now_ms)

    return _change(archive, room_key, message_id, revise)


def delete(archive: Archive, room_key: str, message_id: str, username: str, now_ms: int) -> Message:
    """Take back one's own message; what is left says only whose it was, and when. Raises MessageNotFound, NotAuthor."""

    def revise(message: Message) -> Message:
        _check_author(message, username)
        if message.deleted_at_ms is not None:
            return message
        return replace(message, text="", file=None, reactions=(), edited_at_ms=None, deleted_at_ms=now_ms)

    return _change(archive, room_key, message_id, revise)


def react(
    archive: Archive, room_key: str, message_id: str, username: str, emoji: str, *, remove: bool = False
) -> Message:
    """Set or take back one's reaction. Raises MessageNotFound, TooManyReactions."""

    def revise(message: Message) -> Message:
        if message.deleted_at_ms is not None:
            raise MessageNotFound
        reactions = _with_or_without(message.reactions, username, emoji, remove)
        if len(reactions) > MAX_EMOJI or sum(len(each.usernames) for each in reactions) > MAX_REACTIONS:
            raise TooManyReactions
        return replace(message, reactions=reactions)

    return _change(archive, room_key, message_id, revise)


def _change(archive: Archive, room_key: str, message_id: str, revise: Callable[[Message], Message]) -> Message:
    def attempt() -> Message | None:
        before = archive.find(room_key, message_id)
        if before is None:
            raise MessageNotFound
        after = revise(before)
        if after == before:
            return before
        after = replace(after, revision=before.revision + 1)
        return after if archive.replace(before, after) else None

    return until_settled(attempt)


def _check_author(message: Message, username: str) -> None:
    if usernames.user_id(message.username) != usernames.user_id(username):
        raise NotAuthor


def _with_or_without(reactions: tuple[Reaction, ...], username: str, emoji: str, remove: bool) -> tuple[Reaction, ...]:
    user = usernames.user_id(username)
    by_emoji = {each.emoji: each.usernames for each in reactions}
    reacted = by_emoji.get(emoji, ())
    is_there = user in map(usernames.user_id, reacted)
    if remove:
        by_emoji[emoji] = tuple(each for each in reacted if usernames.user_id(each) != user)
    elif not is_there:
        by_emoji[emoji] = (*reacted, username)
    return tuple(Reaction(each, users) for each, users in by_emoji.items() if users)
