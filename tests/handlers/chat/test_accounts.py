from dataclasses import dataclass, field

import bcrypt
import pytest

from handlers.chat import accounts
from handlers.chat.accounts import Account
from handlers.chat.errors import InvalidCredentials, InvalidPassword, InvalidUsername, UsernameTaken
from handlers.chat.usernames import user_id


@dataclass
class UsersInMemory:
    by_id: dict[str, Account] = field(default_factory=dict)

    def add(self, account: Account) -> bool:
        return self.by_id.setdefault(user_id(account.username), account) is account

    def find(self, user_id: str) -> Account | None:
        return self.by_id.get(user_id)


@pytest.fixture
def users() -> UsersInMemory:
    return UsersInMemory()


def test_whoever_signed_up_logs_in_by_the_name_in_any_case_and_is_shown_as_spelled_then(users: UsersInMemory) -> None:
    accounts.sign_up(users, "Ann", "correct horse", 1)
    assert accounts.log_in(users, "ANN", "correct horse").username == "Ann"


def test_a_name_is_taken_in_every_case(users: UsersInMemory) -> None:
    accounts.sign_up(users, "Ann", "correct horse", 1)
    with pytest.raises(UsernameTaken):
        accounts.sign_up(users, "aNN", "other horse", 2)


def test_sign_up_refuses_names_and_passwords_against_the_rules(users: UsersInMemory) -> None:
    with pytest.raises(InvalidUsername):
        accounts.sign_up(users, "a", "correct horse", 1)
    with pytest.raises(InvalidPassword):
        accounts.sign_up(users, "ann", "short", 1)
    assert not users.by_id


@pytest.mark.parametrize(
    ("username", "password"), [("ann", "wrong horse"), ("bob", "correct horse"), ("not a name!", "correct horse")]
)
def test_wrong_password_and_unknown_user_get_the_same_answer(
    users: UsersInMemory, username: str, password: str
) -> None:
    accounts.sign_up(users, "ann", "correct horse", 1)
    with pytest.raises(InvalidCredentials) as refusal:
        accounts.log_in(users, username, password)
    assert str(refusal.value) == InvalidCredentials.text


@pytest.mark.parametrize("username", ["bob", "not a name!"])
def test_an_unknown_user_costs_a_real_check(
    users: UsersInMemory, monkeypatch: pytest.MonkeyPatch, username: str
) -> None:
    """The time of a log-in is bcrypt's; so that it tells nothing, a hash is checked even where there is no user."""
    costs: list[bytes] = []
    real = bcrypt.checkpw

    def counted(secret: bytes, hashed: bytes) -> bool:
        costs.append(hashed[:7])
        return real(secret, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    with pytest.raises(InvalidCredentials):
        accounts.log_in(users, username, "correct horse")
    assert costs == [b"$2b$10$"]
