"""Decides which environment takes an event: the one idle for the shortest time, else a new one.

An environment that has answered and not yet asked for its next event counts as free: a caller's next event waits those
microseconds rather than start a process. Pure decisions; environments do the work.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from cloudrig.services.lambda_.call import Call
from cloudrig.services.lambda_.environment import Environment, Owner
from cloudrig.services.lambda_.reports import Failure
from cloudrig.services.lambda_.state import Version


class Pool:
    """The environments of one version. After `retire` it finishes what it has and ends."""

    def __init__(
        self, version: Version, make: Callable[[Version, Owner], Environment], ended: Callable[[Pool], None]
    ) -> None:
        """`ended` is called when a retired pool has no environment left."""
        self.version = version
        self.environments: set[Environment] = set()
        self._make = make
        self._ended = ended
        self._waiting: deque[Call] = deque()
        self._idle: list[Environment] = []
        self._stopped: list[Environment] = []
        self._coming: set[Environment] = set()  # starting or returning: soon to ask for an event
        self._retired = False

    def submit(self, call: Call) -> None:
        """Give an event to an environment, now or as soon as one is free."""
        if self._idle:
            self._idle.pop().invoke(call)
            return
        self._waiting.append(call)
        self._scale()

    def retire(self) -> None:
        """The version was replaced or deleted: no new events come; those in flight finish here."""
        self._retired = True
        self.close_idle(math.inf)
        self._check_end()

    def close_idle(self, since: float) -> None:
        """Close the environments that have been idle since `since` of the rig's clock or longer."""
        for environment in [*self._idle, *self._stopped]:
            if environment.idle_since <= since:
                self._close(environment)

    def close(self) -> list[asyncio.Task[None]]:
        """Kill everything, events in flight too. The tasks are done when nothing is left of the environments."""
        self._retired = True
        while self._waiting:
            self._waiting.popleft().abandon()
        return [self._close(environment) for environment in tuple(self.environments)]

    # --- what environments report (environment.Owner) ---

    def needs_environment(self) -> bool:
        return bool(self._waiting)

    def ready(self, environment: Environment) -> None:
        self._coming.discard(environment)
        if self._waiting:
            environment.invoke(self._waiting.popleft())
        elif self._retired:
            self._close(environment)
        else:
            self._idle.append(environment)

    def returning(self, environment: Environment) -> None:
        self._coming.add(environment)

    def stopped(self, environment: Environment, failure: Failure | None) -> None:
        self._coming.discard(environment)
        if environment in self._idle:
            self._idle.remove(environment)
        if failure is not None and self._waiting:
            environment.refuse(self._waiting.popleft(), failure)
        if self._retired and not self._waiting:
            self._close(environment)
            return
        self._stopped.append(environment)
        self._scale()

    # --- decisions ---

    def _scale(self) -> None:
        """Start as many environments as there are events that no environment is coming for."""
        while len(self._waiting) > len(self._coming):
            environment = self._stopped.pop() if self._stopped else self._make(self.version, self)
            self.environments.add(environment)
            self._coming.add(environment)
            environment.start()

    def _close(self, environment: Environment) -> asyncio.Task[None]:
        for places in (self._idle, self._stopped):
            if environment in places:
                places.remove(environment)
        self._coming.discard(environment)
        self.environments.discard(environment)
        closed = environment.close()
        self._check_end()
        return closed

    def _check_end(self) -> None:
        if self._retired and not self.environments and not self._waiting:
            self._ended(self)
