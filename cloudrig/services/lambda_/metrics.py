"""`AWS/Lambda` metrics: counted per function with a few additions an event, and handed on when metrics are put.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudrig.engine.interfaces import MetricSink, Statistics
from cloudrig.engine.names import Scope

NAMESPACE = "AWS/Lambda"


@dataclass(slots=True)
class Tally:
    """What happened to one function since metrics were last put."""

    errors: int = 0
    throttles: int = 0
    duration_ms: Statistics = field(default_factory=Statistics)
    concurrency: Statistics = field(default_factory=Statistics)
    iterator_age_ms: Statistics = field(default_factory=Statistics)


class Metrics:
    """All functions of a rig."""

    def __init__(self, sink: MetricSink) -> None:
        self._sink = sink
        self._tallies: dict[tuple[Scope, str], Tally] = {}
        sink.collect_from(self._collect)

    def invoked(self, scope: Scope, function: str, duration_ms: float, concurrency: int, *, failed: bool) -> None:
        """An event has been answered; `concurrency` is how many there were at once, itself included."""
        tally = self._tally(scope, function)
        tally.errors += failed
        tally.duration_ms.add(duration_ms)
        tally.concurrency.add(concurrency)

    def throttled(self, scope: Scope, function: str) -> None:
        """There was no room for an event."""
        self._tally(scope, function).throttles += 1

    def read(self, scope: Scope, function: str, age_ms: float) -> None:
        """A batch of a stream goes to the function; `age_ms` is its last record's."""
        self._tally(scope, function).iterator_age_ms.add(max(age_ms, 0.0))

    def _tally(self, scope: Scope, function: str) -> Tally:
        tally = self._tallies.get((scope, function))
        if tally is None:
            tally = self._tallies[scope, function] = Tally()
            self._sink.expect()
        return tally

    def _collect(self) -> None:
        tallies, self._tallies = self._tallies, {}
        for (scope, function), tally in tallies.items():
            dimensions = (("FunctionName", function),)
            if tally.duration_ms.count:
                count = tally.duration_ms.count
                self._merge(scope, dimensions, "Invocations", Statistics(count, count, 1, 1))
                self._merge(scope, dimensions, "Errors", Statistics(count, tally.errors, 0, min(tally.errors, 1)))
                self._merge(scope, dimensions, "Duration", tally.duration_ms, "Milliseconds")
                self._merge(scope, dimensions, "ConcurrentExecutions", tally.concurrency)
            if tally.duration_ms.count or tally.throttles:
                count = max(tally.duration_ms.count, tally.throttles)
                self._merge(
                    scope, dimensions, "Throttles", Statistics(count, tally.throttles, 0, min(tally.throttles, 1))
                )
            if tally.iterator_age_ms.count:
                self._merge(scope, dimensions, "IteratorAge", tally.iterator_age_ms, "Milliseconds")

    def _merge(
        self, scope: Scope, dimensions: tuple[tuple[str, str], ...], name: str, values: Statistics, unit: str = "Count"
    ) -> None:
        self._sink.merge(scope, NAMESPACE, dimensions, name, values, unit)
