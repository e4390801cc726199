import pytest

from handlers.chat import passwords
from handlers.chat.errors import InvalidPassword


@pytest.mark.parametrize("password", ["12345678", "x" * 72, "ä" * 36, "nul\0inside", " " * 8])
def test_passwords_of_8_to_72_bytes_match_their_hash_and_no_other(password: str) -> None:
    hashed = passwords.hash_password(password)
    assert hashed.startswith("$2b$10$")
    assert passwords.matches(password, hashed)
    assert not passwords.matches(password[:-1] + "?", hashed)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 73, "ä" * 37])
def test_limits_count_bytes(password: str) -> None:
    with pytest.raises(InvalidPassword):
        passwords.hash_password(password)


def test_a_longer_password_does_not_match_by_its_first_72_bytes() -> None:
    assert not passwords.matches("x" * 73, passwords.hash_password("x" * 72))


def test_nobody_has_a_password() -> None:
    assert not passwords.matches("12345678", None)
