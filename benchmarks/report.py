"""The table and the JSON."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.measure import Figure, Measure, Reach, Run
from benchmarks.stats import median

NOTHING = "–"


@dataclass(frozen=True)
class Outcome:
    """What a measure gave on one endpoint: its runs, or the reason why there are none."""

    runs: Sequence[Run]
    reason: str | None = None

    def value(self, figure: Figure) -> float | None:
        """The median over the runs; None where there is none."""
        values = [run.figures[figure.key] for run in self.runs if figure.key in run.figures]
        return median(values) if values else None

    def cpu_us(self) -> tuple[float, float, float] | None:
        """CPU µs per operation of engine, its children and this process; medians over the runs."""
        costs = [(run.usage, run.operations) for run in self.runs if run.usage is not None and run.operations]
        if not costs:
            return None
        return (
            median([usage.engine_s / count for usage, count in costs]) * 1e6,
            median([usage.children_s / count for usage, count in costs]) * 1e6,
            median([usage.generator_s / count for usage, count in costs]) * 1e6,
        )


Results = Mapping[str, Mapping[str, Outcome]]
"""By the measure's name, then by the endpoint's."""


def table(measures: Sequence[Measure], endpoints: Sequence[str], results: Results) -> str:
    """Aligned columns. Of two endpoints the last column says how many times better the first is; of one, what an
    operation cost in CPU time.
    """
    last = "ratio" if len(endpoints) == 2 else "CPU µs each: engine + children + generator"
    rows = [["measure", "reach", *endpoints, last]]
    for measure in measures:
        for figure in measure.figures:
            rows.append(_row(figure, [results[measure.name][name] for name in endpoints]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join([*lines, *_reasons(measures, results)]) + "\n"


def as_json(measures: Sequence[Measure], endpoints: Sequence[str], results: Results) -> str:
    """Everything, every run with its figures and CPU seconds, so that all of the table can be computed again."""
    described = {"python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count()}
    content: dict[str, Any] = {"measuredAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": described}
    content["measures"] = [
        {
            "name": measure.name,
            "figures": [asdict(figure) for figure in measure.figures],
            "results": {name: _json_outcome(measure, results[measure.name][name]) for name in endpoints},
        }
        for measure in measures
    ]
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _json_outcome(measure: Measure, outcome: Outcome) -> dict[str, Any]:
    return {
        "values": {figure.key: outcome.value(figure) for figure in measure.figures},
        "reason": outcome.reason,
        "runs": [asdict(run) for run in outcome.runs],
    }


def _row(figure: Figure, outcomes: Sequence[Outcome]) -> list[str]:
    reach = figure.reach
    values = [outcome.value(figure) for outcome in outcomes]
    cells = [_result(reach, value) for value in values]
    last = _ratio(reach, values[0], values[1]) if len(values) == 2 else _cpu(outcomes[0])
    sign = "≥" if reach.at_least else "≤"
    return [figure.title, f"{sign} {_number(reach.value)} {reach.unit}".rstrip(), *cells, last]


def _result(reach: Reach, value: float | None) -> str:
    if value is None:
        return NOTHING
    mark = "✓" if reach.is_met(value) else "✗"
    return f"{mark} {_number(value)} {reach.unit}".rstrip()


def _ratio(reach: Reach, first: float | None, second: float | None) -> str:
    if not first or not second:
        return NOTHING
    return f"{_number(first / second if reach.at_least else second / first)} ×"


def _cpu(outcome: Outcome) -> str:
    cost = outcome.cpu_us()
    return " + ".join(f"{part:,.0f}" for part in cost) if cost else ""


def _number(value: float) -> str:
    """Three digits that count, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _reasons(measures: Sequence[Measure], results: Results) -> Iterator[str]:
    for measure in measures:
        for name, outcome in results[measure.name].items():
            if outcome.reason is not None:
                yield f"{NOTHING} {measure.name} of {name}: {outcome.reason}"
