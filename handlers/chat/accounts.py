"""Accounts: signing up and logging in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handlers.chat import passwords, usernames
from handlers.chat.errors import InvalidCredentials, UsernameTaken


@dataclass(frozen=True)
class Account:
    username: str
    """As its owner spelled it when signing up."""
    password_hash: str
    created_at_ms: int


class Users(Protocol):
    def add(self, account: Account) -> bool:
        """Store the account unless its name is taken, in one atomic step; False where it is."""

    def find(self, user_id: str) -> Account | None: ...


def sign_up(users: Users, username: str, password: str, now_ms: int) -> Account:
    """Make an account. Of any number of sign-ups of one name exactly one succeeds.

    Raises:
        InvalidUsername, InvalidPassword: against the rules.
        UsernameTaken: somebody has the name, in whatever case.
    """
    account = Account(usernames.check(username), passwords.hash_password(password), now_ms)
    if not users.add(account):
        raise UsernameTaken
    return account


def log_in(users: Users, username: str, password: str) -> Account:
    """The account whose name and password these are. Raises InvalidCredentials, after the same time for an unknown
    user as for a wrong password.
    """
    account = users.find(usernames.user_id(username)) if usernames.is_valid(username) else None
    if not passwords.matches(password, account.password_hash if account else None) or account is None:
        raise InvalidCredentials
    return account
