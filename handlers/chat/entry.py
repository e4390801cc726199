"""Who may open a connection, and under which name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from handlers.chat import usernames
from handlers.chat.errors import InvalidCredentials, InvalidUsername

Verifier = Callable[[str], str]
"""The user name of a token's owner. Raises InvalidCredentials: it is no token of the kind that this one verifies."""


def username(query: Mapping[str, str], verifiers: Sequence[Verifier], *, guests: bool) -> str:
    """The user name of whoever connects with this query string: `token=JWT` or, for guests, `username=NAME`. A token,
    once given, must be good.

    Args:
        verifiers: one for each kind of token that is accepted; the first that takes a token decides.
        guests: whether one may come without a token.
    Raises:
        InvalidCredentials: neither is given, is valid, or is open.
    """
    if "token" in query:
        return _owner(query["token"], verifiers)
    if "username" in query and guests:
        return _guest(query["username"])
    raise InvalidCredentials


def _owner(token: str, verifiers: Sequence[Verifier]) -> str:
    for verify in verifiers:
        try:
            return verify(token)
        except InvalidCredentials:
            continue
    raise InvalidCredentials


def _guest(name: str) -> str:
    try:
        return usernames.guest(name)
    except InvalidUsername as error:
        raise InvalidCredentials from error
