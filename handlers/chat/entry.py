"""Who may open a connection, and under which name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from handlers.chat import tokens, usernames
from handlers.chat.errors import InvalidCredentials, InvalidUsername


def username(query: Mapping[str, str], modes: Collection[str], secret: Callable[[], str]) -> str:
    """The user name of whoever connects with this query string: `token=JWT` or, for guests, `username=NAME`. A token,
    once given, must be good.

    Args:
        modes: the ways in that are open, of `jwt` and `guest`.
        secret: called for the token secret only when there is a token to check.
    Raises:
        InvalidCredentials: neither is given, is valid, or is open.
    """
    if "token" in query and "jwt" in modes:
        return tokens.verify(query["token"], secret())
    if "token" not in query and "username" in query and "guest" in modes:
        return _guest(query["username"])
    raise InvalidCredentials


def _guest(name: str) -> str:
    try:
        return usernames.guest(name)
    except InvalidUsername as error:
        raise InvalidCredentials from error
