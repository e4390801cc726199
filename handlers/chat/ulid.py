"""ULIDs: 26 characters that sort by time. 48 bits of milliseconds, then 80 random ones, in Crockford's base 32
(https://github.com/ulid/spec).
"""

from __future__ import annotations

import re
import secrets
import threading
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(rf"[0-7][{_ALPHABET}]{{25}}")
_RANDOM_BITS: Final = 80


class Ulids:
    """Makes ULIDs that never go backwards within one environment, whatever its clock does; among environments they
    sort by millisecond.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, now_ms: int) -> str:
        with self._lock:
            fresh = now_ms << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
            self._last = fresh if now_ms > self._last >> _RANDOM_BITS else self._last + 1
            return _encode(self._last)


def is_valid(text: str) -> bool:
    return _ULID.fullmatch(text) is not None


def timestamp_ms(ulid: str) -> int:
    return sum(_ALPHABET.index(letter) << 5 * place for place, letter in enumerate(reversed(ulid[:10])))


def _encode(number: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(25, -1, -1))
