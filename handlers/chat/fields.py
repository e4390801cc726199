"""Reading the fields of a JSON object that a stranger sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from handlers.chat.errors import BadRequest, TooLong

Fields: TypeAlias = Mapping[str, object]


def string(
    fields: Fields, name: str, *, min_chars: int = 0, max_chars: int | None = None, default: str | None = None
) -> str:
    """The string under `name`, of `min_chars` to `max_chars` code points.

    Raises:
        BadRequest: absent without a default, no string (null included), too short, or with half of a surrogate pair,
            which UTF-8 cannot carry.
        TooLong: longer than `max_chars`.
    """
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a string.")
    if len(value) < min_chars:
        raise BadRequest(f"{name} has at least {min_chars} characters.")
    if max_chars is not None and len(value) > max_chars:
        raise TooLong(f"{name} has at most {max_chars} characters.")
    if not _is_unicode(value):
        raise BadRequest(f"{name} is not valid Unicode.")
    return value


def optional_string(fields: Fields, name: str, *, max_chars: int) -> str | None:
    """As `string`, or None where the field is absent."""
    return string(fields, name, max_chars=max_chars) if name in fields else None


def whole_number(fields: Fields, name: str, *, low: int, high: int, default: int | None = None) -> int:
    """The integer under `name`, within `low`..`high`. Raises BadRequest for anything else, true and 1.0 included."""
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadRequest(f"{name} must be a whole number from {low} to {high}.")
    return value


def flag(fields: Fields, name: str) -> bool:
    """The boolean under `name`, false where it is absent. Raises BadRequest for anything else."""
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} must be true or false.")
    return value


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
