"""The keys that a user pool publishes (JWKS), fetched when needed and kept.

A pool may change its keys at any time. A token with an id that is not among those kept has them fetched again, though
not more often than every MIN_AGE_S: tokens come from anybody, and must not make a function ask as often as they like.
Keys that are no longer published are given up after MAX_AGE_S, unless the pool cannot be reached.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from handlers.adapters.link import Link, NoAnswer
from handlers.chat.rs256 import PublicKey

MIN_AGE_S: Final = 10.0
MAX_AGE_S: Final = 3600.0
_LOG = logging.getLogger(__name__)


class KeysUnavailable(Exception):
    """The pool's keys could not be read: neither good nor bad tokens can be told."""


class PoolKeys:
    """Implements `handlers.chat.pool_tokens.Keys`."""

    def __init__(self, url: str, link: Link, now_s: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            url: `{issuer}/.well-known/jwks.json`; `link` leads to its host.
        """
        self._path = urlsplit(url).path
        self._link = link
        self._now_s = now_s
        self._keys: dict[str, PublicKey] = {}
        self._asked_at_s: float | None = None

    def __call__(self, kid: str) -> PublicKey | None:
        """Raises KeysUnavailable."""
        age_s = float("inf") if self._asked_at_s is None else self._now_s() - self._asked_at_s
        if age_s > (MAX_AGE_S if kid in self._keys else MIN_AGE_S):
            self._refresh()
        if not self._keys:
            raise KeysUnavailable("no keys as yet")
        return self._keys.get(kid)

    def _refresh(self) -> None:
        self._asked_at_s = self._now_s()
        try:
            self._keys = self._fetch()
        except KeysUnavailable:
            if not self._keys:
                raise
            _LOG.warning("the keys of the user pool could not be fetched again")

    def _fetch(self) -> dict[str, PublicKey]:
        try:
            answer = self._link.send("GET", self._path, {"Host": self._link.host}, b"")
            if answer.status != 200:
                raise KeysUnavailable(f"answered {answer.status}")
            return dict(_key(jwk) for jwk in json.loads(answer.content)["keys"] if jwk.get("use", "sig") == "sig")
        except (NoAnswer, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeysUnavailable(type(error).__name__) from error


def _key(jwk: dict[str, str]) -> tuple[str, PublicKey]:
    return jwk["kid"], PublicKey.from_jwk(jwk)
