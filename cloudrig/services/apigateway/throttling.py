"""Throttling of every kind of API: token buckets of accounts and of single routes and methods, new connections.

It is off unless the rig is told otherwise, so that a load test measures the application and not a quota.
Sources: AG `api-gateway-request-throttling.html`, `limits.html`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.engine.names import Scope


@dataclass(frozen=True, slots=True)
class Limits:
    """`rate` requests a second on the average, `burst` at once. A 0 refuses everything."""

    rate: float
    burst: float


ACCOUNT = Limits(10_000, 5_000)
"""Of all requests to an account's APIs of a region: REST, HTTP, WebSocket, `@connections`."""
NEW_CONNECTIONS = Limits(500, 500)  # unverified: that as many may come at once as in a second


@dataclass(slots=True)
class Bucket:
    """A token bucket, full at first; it fills with the rig's time."""

    tokens: float
    filled_at: float

    def take(self, now: float, limits: Limits) -> bool:
        """Whether there is a token for one request."""
        if 0 in (limits.rate, limits.burst):
            return False
        self.tokens = min(limits.burst, self.tokens + (now - self.filled_at) * limits.rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Throttles:
    """The buckets of a rig."""

    def __init__(self, clock: Clock, *, enabled: bool) -> None:
        self._clock = clock
        self.enabled = enabled
        self._buckets: dict[Hashable, Bucket] = {}

    def admit(self, scope: Scope, place: Hashable, limits: Limits | None) -> bool:
        """Let one request pass, or not: by the limits of its route or method, where it has any, and the account's.

        `place` names the route or method, and is part of nothing else.
        """
        if not self.enabled:
            return True
        if limits is not None and not self._take(place, limits):
            return False
        return self._take(scope, ACCOUNT)

    def admit_connection(self, scope: Scope) -> bool:
        """Let one new WebSocket connection pass, or not."""
        return not self.enabled or self._take(("connections", scope), NEW_CONNECTIONS)

    def _take(self, place: Hashable, limits: Limits) -> bool:
        now = self._clock.passed()
        bucket = self._buckets.get(place)
        if bucket is None:
            bucket = self._buckets[place] = Bucket(limits.burst, now)
        return bucket.take(now, limits)
