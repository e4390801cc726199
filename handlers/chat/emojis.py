"""What may be a reaction: one emoji, and no other text."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from handlers.chat.errors import BadRequest
from handlers.chat.fields import Fields, string

_MAX_CHARS: Final = 16
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
# What follows a pictogram within one emoji: variation selector, joiner, keycap, the tags of flags.
_JOINING: Final = frozenset("\ufe0f\u200d\u20e3") | {chr(code) for code in range(0xE0020, 0xE0080)}
# Pictograms that Unicode files among letters and punctuation.
_ODD_ONES: Final = frozenset("\u203c\u2049\u2139\u3030\u303d")


def emoji(fields: Fields) -> str:
    """The request's `emoji`: made of pictograms, whether or not fonts have it. Raises BadRequest, TooLong."""
    value = string(fields, "emoji", min_chars=1, max_chars=_MAX_CHARS)
    is_sequence = _is_pictogram(value[0]) and all(each in _JOINING or _is_pictogram(each) for each in value)
    if not is_sequence and not _KEYCAP.fullmatch(value):
        raise BadRequest("emoji must be an emoji.")
    return value


def _is_pictogram(char: str) -> bool:
    if "\U0001f000" <= char <= "\U0001faff":  # newer ones than this Python knows too
        return True
    return char in _ODD_ONES or (char > "\x7f" and unicodedata.category(char) in {"So", "Sm"})
