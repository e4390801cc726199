import time

import pytest

from handlers.chat import entry, tokens
from handlers.chat.errors import InvalidCredentials

SECRET = "a-secret-that-is-long-enough-for-HS256"
TOKEN = tokens.issue("ann", SECRET, now_s=int(time.time()), ttl_s=60)
BOTH = ("jwt", "guest")


def username(query: dict[str, str], modes: tuple[str, ...] = BOTH) -> str:
    return entry.username(query, modes, lambda: SECRET)


def test_a_token_lets_its_user_in() -> None:
    assert username({"token": TOKEN}) == "ann"


def test_a_guest_comes_in_under_a_marked_name() -> None:
    assert username({"username": "ann"}) == "~ann"


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"username": ""}, {"username": "~ann"}, {"other": "x"}])
def test_nobody_else_comes_in(query: dict[str, str]) -> None:
    with pytest.raises(InvalidCredentials):
        username(query)


def test_a_bad_token_is_not_made_good_by_a_guest_name() -> None:
    with pytest.raises(InvalidCredentials):
        username({"token": "forged", "username": "ann"})


def test_a_way_in_that_is_closed_lets_nobody_in() -> None:
    with pytest.raises(InvalidCredentials):
        username({"token": TOKEN}, ("guest",))
    with pytest.raises(InvalidCredentials):
        username({"username": "ann"}, ("jwt",))


def test_guests_need_no_secret() -> None:
    def no_secret() -> str:
        raise AssertionError("asked for the secret")

    assert entry.username({"username": "ann"}, BOTH, no_secret) == "~ann"
