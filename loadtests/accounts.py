"""Accounts of a load: each signed up and logged in once, by whoever needs it first, over the REST API."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

_AT_ONCE = 4

Post = Callable[[str, str, dict[str, str]], Any]
"""What is measured, path, body → the answer's JSON."""


@dataclass
class Account:
    """A name and, once somebody has logged in, a token."""

    username: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    _token: str | None = None
    _turn: Lock = field(default_factory=Lock)

    def token(self, post: Post) -> str:
        """Sign up and log in if nobody has yet; whoever comes meanwhile waits. What `post` raises is raised."""
        with self._turn:
            if self._token is None:
                who = {"username": self.username, "password": self.password}
                post("sign up", "/signup", who)
                self._token = str(post("log in", "/login", who)["token"])
            return self._token


class Accounts:
    """Gives out accounts: a new one each time, or one of `shared` in turn."""

    def __init__(self, shared: int = 0) -> None:
        self._shared = [_new() for _ in range(shared)]
        self._given = 0

    def open(self, post: Post) -> None:
        """Log in to all that are shared. What `post` raises is raised."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(lambda account: account.token(post), self._shared))

    def take(self) -> Account:
        if not self._shared:
            return _new()
        self._given += 1
        return self._shared[self._given % len(self._shared)]


def _new() -> Account:
    return Account(f"load-{secrets.token_hex(6)}")
