"""How much one user may send: `limit` messages in any ten seconds, over all their connections."""

from __future__ import annotations

from typing import Final, Protocol

from handlers.chat import usernames
from handlers.chat.errors import RateLimited

WINDOW_MS: Final = 10_000


class RecentSends(Protocol):
    def admit(self, user_id: str, limit: int, now_ms: int) -> bool:
        """Note one more send at `now_ms` unless there are `limit` within the window before it, in one atomic step;
        False where there are.
        """


def check(sends: RecentSends, username: str, limit: int, now_ms: int) -> None:
    """Count one send; 0 as limit counts nothing. Raises RateLimited, in which case the send does not count either."""
    if limit and not sends.admit(usernames.user_id(username), limit, now_ms):
        raise RateLimited
