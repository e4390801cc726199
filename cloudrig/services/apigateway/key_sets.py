"""Public keys of those who issue tokens (JSON Web Key Sets), fetched when needed and kept for a while.

Source: https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import jwt

from cloudrig.engine.clock import Clock

KEYS_LAST_S = 300.0
"""How long keys are used before they are asked for again; a token with a key unknown till then asks sooner."""
RETRY_S = 5.0

KeySet = dict[str, jwt.PyJWK]
"""By key id (`kid`)."""


class UnknownKey(Exception):
    """The issuer has no such key."""


class KeySets:
    """The key sets of all issuers a rig has met."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sets: dict[str, tuple[float, KeySet]] = {}

    async def key(self, issuer: str, kid: Any, fetch: Callable[[], Awaitable[KeySet]]) -> jwt.PyJWK:
        """A key of an issuer. Raises UnknownKey, and what `fetch` raises."""
        asked_at, keys = self._sets.get(issuer, (0.0, {}))
        age_s = self._clock.now() - asked_at
        if age_s > KEYS_LAST_S or (kid not in keys and age_s > RETRY_S):
            keys = await fetch()
            self._sets[issuer] = self._clock.now(), keys
        if kid not in keys:
            raise UnknownKey(f"{issuer} has no key {kid}")
        return keys[kid]


def parse_key_set(body: bytes) -> KeySet:
    """Raises ValueError: no key set. Keys of kinds unknown to the JWT library are left out."""
    published = json.loads(body)
    keys: KeySet = {}
    for key in published["keys"] if isinstance(published, dict) and "keys" in published else [None]:
        if not isinstance(key, dict):
            raise ValueError("not a JSON Web Key Set")
        try:
            keys[str(key.get("kid"))] = jwt.PyJWK(key)
        except jwt.PyJWTError:
            continue
    return keys
