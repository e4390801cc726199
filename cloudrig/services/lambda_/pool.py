"""Decides which environment takes an event: the one idle for the shortest time, else the one that is free first.

An environment that has answered and not yet asked for its next event counts as free: a caller's next event waits those
microseconds rather than start a process. When more are started, `scaling.py` says. Environments do the work.
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
from cloudrig.services.lambda_.scaling import PATIENCE_S, Scaling
from cloudrig.services.lambda_.state import ACCOUNT_CONCURRENCY, Version

_STALLED_S = 0.05
"""A timer as late as that says that the event loop has had no time to look what environments have answered."""


class Pool:
    """The environments of one version. After `retire` it finishes what it has and ends."""

    def __init__(
        self,
        version: Version,
        make: Callable[[Version, Owner, bool], Environment],
        ended: Callable[[Pool], None],
        pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        """`make` takes whether the environment is to be kept ready without events.

        `ended` is called when a retired pool has no environment left; `pressed` tells of the machine's load.
        """
        self.version = version
        self.environments: set[Environment] = set()
        self._make = make
        self._ended = ended
        self._pressed = pressed
        self._waiting: deque[Call] = deque()
        self._idle: list[Environment] = []
        self._stopped: list[Environment] = []
        self._coming: set[Environment] = set()  # starting or returning: soon to ask for an event
        self._working: set[Environment] = set()  # have an event, or are about to ask for the next
        self._scaling = Scaling(asyncio.get_running_loop().time())
        self._granted = 0  # starts for events that waited in vain
        self._impatience: asyncio.TimerHandle | None = None
        self._retired = False

    @property
    def at_work(self) -> int:
        """How many environments have an event."""
        return len(self._working)

    def submit(self, call: Call) -> None:
        """Give an event to an environment, now or as soon as one is free."""
        if self._idle:
            self._invoke(self._idle.pop(), call)
            return
        self._waiting.append(call)
        self._scale()
        if self._impatience is None:
            self._impatience = asyncio.get_running_loop().call_later(PATIENCE_S, self._lose_patience)

    def retire(self) -> None:
        """The version was replaced or deleted: no new events come; those in flight finish here."""
        self._retired = True
        self.close_idle(math.inf)
        self._check_end()

    def close_idle(self, since: float) -> None:
        """Close the environments that have been idle since `since` of the rig's clock or longer."""
        for environment in [*self._idle, *self._stopped]:
            if environment.idle_since <= since and (self._retired or not environment.provisioned):
                self._close(environment)

    def provision(self, count: int) -> None:
        """Keep `count` environments ready; those that were and are too many go when they are idle for long."""
        kept = [environment for environment in self.environments if environment.provisioned]
        for environment in kept[count:]:
            environment.provisioned = False
        for _ in range(count - len(kept)):
            self._begin(self._make(self.version, self, True))

    def provisioned(self) -> tuple[int, bool]:
        """How many of the environments to be kept ready are so, and whether some could not be initialised."""
        kept = [environment for environment in self.environments if environment.provisioned]
        waiting = [one for one in kept if one in self._stopped or (one in self._coming and one not in self._working)]
        return len(kept) - len(waiting), any(one in self._stopped for one in kept)

    def close(self) -> list[asyncio.Task[None]]:
        """Kill everything, events in flight too. The tasks are done when nothing is left of the environments."""
        self._retired = True
        if self._impatience is not None:
            self._impatience.cancel()
        while self._waiting:
            self._waiting.popleft().abandon()
        return [self._close(environment) for environment in tuple(self.environments)]

    # --- what environments report (environment.Owner) ---

    def needs(self, environment: Environment) -> bool:
        if environment.provisioned:
            return True
        if not self._waiting:
            self._granted = 0
            return False
        if self._granted:
            self._granted -= 1
            return True
        return self._lacking() > 0

    def ready(self, environment: Environment) -> None:
        self._coming.discard(environment)
        self._scaling.ready(asyncio.get_running_loop().time())
        if self._waiting:
            self._invoke(environment, self._waiting.popleft())
        elif self._retired:
            self._close(environment)
        else:
            self._working.discard(environment)
            self._idle.append(environment)

    def returning(self, environment: Environment, duration_s: float) -> None:
        self._coming.add(environment)
        self._scaling.ended(duration_s, len(self._waiting), asyncio.get_running_loop().time())

    def stopped(self, environment: Environment, failure: Failure | None) -> None:
        self._working.discard(environment)
        self._coming.discard(environment)
        if environment in self._idle:
            self._idle.remove(environment)
        if failure is not None and self._waiting:
            environment.refuse(self._waiting.popleft(), failure)
        if self._retired and not self._waiting:
            self._close(environment)
            return
        if environment.provisioned and failure is None:
            self._begin(environment)
            return
        self._stopped.append(environment)
        self._scale()

    # --- decisions ---

    def _invoke(self, environment: Environment, call: Call) -> None:
        self._working.add(environment)
        environment.invoke(call)

    def _scale(self) -> None:
        """Start as many environments as there are events that none is coming for and none will soon be free for."""
        self._start(self._lacking())

    def _lacking(self) -> int:
        return self._scaling.lacking(len(self._waiting), len(self._working), pressed=self._pressed())

    def _lose_patience(self) -> None:
        """Look whether events wait in vain, and again as long as any wait."""
        loop = asyncio.get_running_loop()
        timer, self._impatience = self._impatience, None
        if self._waiting:
            now = loop.time()
            stalled = timer is not None and now - timer.when() > _STALLED_S  # the engine itself was kept from its work
            pressed = stalled or self._pressed()
            overdue = self._scaling.overdue([now - call.submitted_at for call in self._waiting], now, pressed=pressed)
            self._granted = max(self._granted, overdue)
            self._start(overdue)
            left_s = PATIENCE_S - (now - self._waiting[0].submitted_at)
            self._impatience = loop.call_later(left_s if left_s > 0 else PATIENCE_S, self._lose_patience)

    def _start(self, needed: int) -> None:
        """Have `needed` environments coming; more than an account may have at work are of no use."""
        needed = min(needed, ACCOUNT_CONCURRENCY - len(self._working - self._coming))
        while needed > len(self._coming):
            self._begin(self._stopped.pop() if self._stopped else self._make(self.version, self, False))

    def _begin(self, environment: Environment) -> None:
        self.environments.add(environment)
        self._coming.add(environment)
        environment.start()

    def _close(self, environment: Environment) -> asyncio.Task[None]:
        for places in (self._idle, self._stopped):
            if environment in places:
                places.remove(environment)
        self._working.discard(environment)
        self._coming.discard(environment)
        self.environments.discard(environment)
        closed = environment.close()
        self._check_end()
        return closed

    def _check_end(self) -> None:
        if self._retired and not self.environments and not self._waiting:
            self._ended(self)
