"""All environments of a rig: a pool for each version that was invoked, and the sweep that ends idle ones."""

from __future__ import annotations

import asyncio

from cloudrig.engine.clock import Clock, Timer
from cloudrig.services.lambda_.call import Call
from cloudrig.services.lambda_.code import CodeStore
from cloudrig.services.lambda_.environment import Environment, Owner
from cloudrig.services.lambda_.host import Host
from cloudrig.services.lambda_.pool import Pool
from cloudrig.services.lambda_.pressure import Pressure
from cloudrig.services.lambda_.state import Functions, Version

IDLE_LIMIT_S = 600.0
"""How long an environment is kept without an event. AWS does not say; minutes are what users see."""
_SWEEP_EVERY_S = 60.0


class Fleet:
    """Runs calls on environments. A version's code stays unpacked while it has any."""

    def __init__(self, host: Host, codes: CodeStore, clock: Clock) -> None:
        self._host = host
        self._codes = codes
        self._clock = clock
        self._pools: dict[Version, Pool] = {}
        self._retired: set[Pool] = set()
        self._sweep: Timer | None = None
        self._pressure = Pressure()

    def start(self) -> None:
        self._sweep = self._clock.call_later(_SWEEP_EVERY_S, self._sweep_idle)

    async def close(self) -> None:
        """Kill every environment and wait until nothing of them is left."""
        if self._sweep is not None:
            self._sweep.cancel()
        pools = [*self._pools.values(), *self._retired]
        await asyncio.gather(*(task for pool in pools for task in pool.close()))

    def submit(self, version: Version, call: Call) -> None:
        self._pool(version).submit(call)

    def provision(self, version: Version, count: int) -> None:
        """Keep `count` environments of a version ready, whether or not events come."""
        if count or version in self._pools:
            self._pool(version).provision(count)

    def provisioned(self, version: Version) -> tuple[int, bool]:
        """How many of the environments to be kept ready are so, and whether some could not be initialised."""
        pool = self._pools.get(version)
        return pool.provisioned() if pool is not None else (0, False)

    def retire(self, version: Version) -> None:
        """The version is no longer what new events go to."""
        pool = self._pools.pop(version, None)
        if pool is not None:
            self._retired.add(pool)
            pool.retire()

    def at_work(self, functions: Functions) -> int:
        """How many environments of those functions that have no reserved concurrency have an event."""
        pools = (pool for pool in (*self._pools.values(), *self._retired) if pool.version.scope == functions.scope)
        return sum(pool.at_work for pool in pools if not functions.is_reserved(pool.version.name))

    def _pool(self, version: Version) -> Pool:
        pool = self._pools.get(version)
        if pool is None:
            self._codes.keep(*version.packages)
            pool = self._pools[version] = Pool(version, self._make, self._ended, self._pressure.high)
        return pool

    def _make(self, version: Version, owner: Owner, provisioned: bool) -> Environment:
        return Environment(version, owner, self._host, provisioned=provisioned)

    def _ended(self, pool: Pool) -> None:
        if pool in self._retired:
            self._retired.discard(pool)
            self._codes.drop(*pool.version.packages)

    def _sweep_idle(self) -> None:
        self._sweep = self._clock.call_later(_SWEEP_EVERY_S, self._sweep_idle)
        for pool in tuple(self._pools.values()):
            pool.close_idle(self._clock.passed() - IDLE_LIMIT_S)
