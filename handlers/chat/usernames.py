"""User names: 3-32 of `A-Z a-z 0-9 _ -`, unique without regard to case. A guest's is `~NAME`, that of a user of the
Cognito pool `+NAME`, so that neither can pass for an account.
"""

from __future__ import annotations

import re

from handlers.chat.errors import InvalidUsername

_NAME = re.compile(r"[A-Za-z0-9_-]{3,32}")
_GUEST_MARK = "~"
_POOL_MARK = "+"
MAX_CHARS = 33
"""Of anybody's name, a marked one too."""


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


def of_pool(name: str) -> str:
    """What a user of the Cognito pool with this name is called everywhere. Raises InvalidUsername."""
    return f"{_POOL_MARK}{check(name)}"


def is_somebodys(name: str) -> bool:
    """Whether an account, a guest or a user of the pool could be called this."""
    return is_valid(name[1:] if name.startswith((_GUEST_MARK, _POOL_MARK)) else name)


def user_id(username: str) -> str:
    """The key of a user: two names that differ only in case are one user."""
    return username.lower()
