"""A closed loop: each client sends its next request when the last one is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.stats import percentile
from benchmarks.usage import Usage, read_usage

Operation = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Effort:
    """How long and how often things are measured. Seconds; `connections` are the numbers held open at once,
    `churned` is how many are opened and closed.
    """

    runs: int
    warm_up_s: float
    window_s: float
    repeats: int
    connections: tuple[int, ...]
    churned: int = 0
    hold_s: float = 0.0


FULL = Effort(runs=3, warm_up_s=1.0, window_s=2.0, repeats=10, connections=(100, 1_000, 10_000), churned=50_000)
QUICK = Effort(runs=1, warm_up_s=0.02, window_s=0.1, repeats=2, connections=(10, 20, 50), churned=200)


@dataclass(frozen=True)
class Samples:
    """What a load gave: latencies in ms of the operations that lay within the window, how many ended in it, and the
    CPU time that all took.
    """

    latencies_ms: list[float]
    operations: int
    seconds: float
    usage: Usage

    def percentile_ms(self, percent: int) -> float:
        return percentile(self.latencies_ms, percent)

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds


@dataclass
class _Client:
    """One client of a load and when its operations began and ended."""

    operation: Operation
    times: list[tuple[float, float]] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, over: asyncio.Event) -> None:
        while not over.is_set():
            began = time.perf_counter()
            await self.operation()
            self.times.append((began, time.perf_counter()))
            self.answered.set()


async def closed_loop(operations: Sequence[Operation], effort: Effort, engine: int | None) -> Samples:
    """One client per operation repeats it: for the warm-up, and until each has had an answer, then for the window."""
    clients = [_Client(operation) for operation in operations]
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.run(over))
        await asyncio.sleep(effort.warm_up_s)
        await asyncio.gather(*(client.answered.wait() for client in clients))
        before, began = read_usage(engine), time.perf_counter()
        await asyncio.sleep(effort.window_s)
        ended, after = time.perf_counter(), read_usage(engine)
        over.set()
    return _samples([times for client in clients for times in client.times], began, ended, after.since(before))


def _samples(times: list[tuple[float, float]], began: float, ended: float, usage: Usage) -> Samples:
    """An operation counts where it ends. A window too short for any whole one falls back on those that end in it."""
    ending = [(start, end) for start, end in times if began <= end <= ended]
    whole = [(start, end) for start, end in ending if start >= began] or ending or times
    return Samples([(end - start) * 1000 for start, end in whole], len(ending), ended - began, usage)
