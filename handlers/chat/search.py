"""Search in a room's history: a look at one message after another, from the newest, as many as a request may cost.

There is no index of words: one costs a write for each of them, and a room's history is read at 1 MB a request, some
thousands of messages. Who outgrows this puts a search service behind the table's stream.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final

from handlers.chat.fields import Fields, string
from handlers.chat.messages import Message, Page, PageRequest, fitting, page_request

MAX_QUERY_CHARS: Final = 100
MAX_LOOKED_AT: Final = 2000
_AT_ONCE: Final = 500

Newest = Callable[[str | None, int], list[Message]]
"""The newest messages older than an id, newest first, at most so many; none where there are no more."""


def request(fields: Fields) -> tuple[PageRequest, str]:
    """Read a `searchMessages`. Raises BadRequest, TooLong."""
    return page_request(fields), string(fields, "query", min_chars=1, max_chars=MAX_QUERY_CHARS)


def search(newest: Newest, query: str, asked: PageRequest, room_id: str) -> Page:
    """The newest messages that match, and where to go on."""
    wanted, found, looked_at = folded(query), list[Message](), 0
    before, more = asked.before, True
    while more and len(found) < asked.limit and looked_at < MAX_LOOKED_AT:
        messages = newest(before, min(_AT_ONCE, MAX_LOOKED_AT - looked_at))
        more = bool(messages)
        for message in messages:
            looked_at, before = looked_at + 1, message.message_id
            if matches(message, wanted):
                found.append(message)
            if len(found) == asked.limit:
                break
    shown = fitting(found, room_id)
    if len(shown) < len(found):
        before, more = shown[-1]["messageId"], True
    return Page(shown[::-1], before if more else None)


def matches(message: Message, wanted: str) -> bool:
    """Whether the message's text or its file's name has the folded query in it."""
    return wanted in folded(message.text) or (message.file is not None and wanted in folded(message.file.name))


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
