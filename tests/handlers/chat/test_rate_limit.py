import pytest

from handlers.chat import rate_limit
from handlers.chat.errors import RateLimited


class Asked:
    """Recent sends that admit nobody and remember who asked."""

    def __init__(self) -> None:
        self.by: list[tuple[str, int, int]] = []

    def admit(self, user_id: str, limit: int, now_ms: int) -> bool:
        self.by.append((user_id, limit, now_ms))
        return False


def test_a_refused_send_is_rate_limited() -> None:
    sends = Asked()
    with pytest.raises(RateLimited):
        rate_limit.check(sends, "Ann", 60, 1)
    assert sends.by == [("ann", 60, 1)]


def test_0_counts_nothing() -> None:
    sends = Asked()
    rate_limit.check(sends, "ann", 0, 1)
    assert not sends.by
