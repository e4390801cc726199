"""The edge's cache: answers of origins by distribution, path and encoding, for as long as they may be kept."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Response

MAX_BYTES = 64 * 1024 * 1024

Key = tuple[str, str, str]
"""Distribution id, path, content encoding."""


@dataclass(frozen=True)
class Kept:
    """An origin's answer; `at` and `until` are of the rig's clock."""

    response: Response
    at: float
    until: float


class Cache:
    """The least lately used goes when there is too much."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size_bytes = 0
        self.invalidations = 0
        """So far. What is fetched across one may be of before it."""

    def find(self, key: Key) -> Kept | None:
        found = self._kept.get(key)
        if found is None:
            return None
        if found.until <= self._clock.now():
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return found

    def keep(self, key: Key, response: Response, lifetime_s: float) -> None:
        """Nothing is kept for no time."""
        self._forget(key)
        if lifetime_s <= 0 or len(response.body) > MAX_BYTES:
            return
        now = self._clock.now()
        self._kept[key] = Kept(response, now, now + lifetime_s)
        self._size_bytes += len(response.body)
        while self._size_bytes > MAX_BYTES:
            self._forget(next(iter(self._kept)))

    def invalidate(self, distribution_id: str, paths: list[str]) -> None:
        """Forget what the paths name; a `*` at the end stands for anything that follows."""
        self.invalidations += 1
        patterns = [re.compile(re.escape(path).replace(r"\*", ".*"), re.DOTALL) for path in paths]
        for key in tuple(self._kept):
            if key[0] == distribution_id and any(pattern.fullmatch(key[1]) for pattern in patterns):
                self._forget(key)

    def _forget(self, key: Key) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._size_bytes -= len(found.response.body)
