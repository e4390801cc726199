"""User names: 3-32 of `A-Z a-z 0-9 _ -`, unique without regard to case; a guest's is `~NAME`, so that no guest can
pass for an account.
"""

from __future__ import annotations

import re

from handlers.chat.errors import InvalidUsername

_NAME = re.compile(r"[A-Za-z0-9_-]{3,32}")
_GUEST_MARK = "~"
MAX_CHARS = 33
"""Of anybody's name, a guest's too."""


def is_valid(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def check(name: str) -> str:
    """The name itself. Raises InvalidUsername."""
    if not is_valid(name):
        raise InvalidUsername
    return name


def guest(name: str) -> str:
    """What a guest who calls themself `name` is called everywhere. Raises InvalidUsername."""
    return f"{_GUEST_MARK}{check(name)}"


def is_somebodys(name: str) -> bool:
    """Whether an account or a guest could be called this."""
    return is_valid(name.removeprefix(_GUEST_MARK))


def user_id(username: str) -> str:
    """The key of a user: two names that differ only in case are one user."""
    return username.lower()
