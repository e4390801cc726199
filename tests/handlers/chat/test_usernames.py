import pytest

from handlers.chat import usernames
from handlers.chat.errors import InvalidUsername


@pytest.mark.parametrize("name", ["ann", "A_b-9", "x" * 32])
def test_names_within_the_rules_are_taken_as_they_are(name: str) -> None:
    assert usernames.check(name) == name


@pytest.mark.parametrize("name", ["", "ab", "x" * 33, "a b c", "~ann", "änne", "ann\n", "#room", "٣٣٣"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidUsername):
        usernames.check(name)


def test_a_guest_carries_a_sign_that_no_account_can() -> None:
    assert usernames.guest("ann") == "~ann"
    with pytest.raises(InvalidUsername):
        usernames.guest("~ann")


def test_names_that_differ_in_case_are_one_user() -> None:
    assert usernames.user_id("Ann") == usernames.user_id("aNN")
