"""What a measure is: how it is run, and the figures it gives with what they are to reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.deployment import Deployment
from benchmarks.endpoints import Endpoint
from benchmarks.load import Effort, Operation, Samples, closed_loop
from benchmarks.usage import Usage


@dataclass(frozen=True, slots=True)
class Reach:
    """What a figure is to reach: at least or at most so much."""

    value: float
    unit: str
    at_least: bool

    def is_met(self, value: float) -> bool:
        return value >= self.value if self.at_least else value <= self.value


def at_most(value: float, unit: str) -> Reach:
    return Reach(value, unit, at_least=False)


def at_least(value: float, unit: str) -> Reach:
    return Reach(value, unit, at_least=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table; `key` is its name in what a measure returns."""

    key: str
    title: str
    reach: Reach


@dataclass(frozen=True)
class Bench:
    """What measures work with: an endpoint, what is deployed on it, and how much effort to take."""

    endpoint: Endpoint
    deployment: Deployment
    effort: Effort

    async def load(self, operations: Sequence[Operation]) -> Samples:
        return await closed_loop(operations, self.effort, self.endpoint.pid)


@dataclass(frozen=True)
class Run:
    """One run of a measure: its figures by key, and how much CPU time how many operations took."""

    figures: Mapping[str, float]
    operations: int = 0
    usage: Usage | None = None

    @classmethod
    def of(cls, samples: Samples, **figures: float) -> Run:
        return cls(figures, samples.operations, samples.usage)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure. `once`: not repeated, because a first run changes what a second would find."""

    name: str
    run: Callable[[Bench], Awaitable[Run]]
    figures: tuple[Figure, ...]
    once: bool = False
