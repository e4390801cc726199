import time

import pytest

from handlers.chat import entry, tokens
from handlers.chat.errors import InvalidCredentials

SECRET = "a-secret-that-is-long-enough-for-HS256"
TOKEN = tokens.issue("ann", SECRET, now_s=int(time.time()), ttl_s=3600)
BOTH = ("jwt", "guest")


def our_own(token: str) -> str:
    return tokens.verify(token, SECRET)


def username(query: dict[str, str], modes: tuple[str, ...] = BOTH) -> str:
    return entry.username(query, [our_own] if "jwt" in modes else [], guests="guest" in modes)


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


def test_guests_are_not_verified() -> None:
    def nobody(token: str) -> str:
        raise AssertionError(f"asked about {token}")

    assert entry.username({"username": "ann"}, [nobody], guests=True) == "~ann"


def test_the_first_that_takes_a_token_says_whose_it_is() -> None:
    def nobody(token: str) -> str:
        raise InvalidCredentials

    assert entry.username({"token": TOKEN}, [nobody, our_own, lambda token: "eve"], guests=False) == "ann"
    with pytest.raises(InvalidCredentials):
        entry.username({"token": TOKEN}, [nobody, nobody], guests=True)
