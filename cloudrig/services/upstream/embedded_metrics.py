"""Embedded metric format: metrics that stand in log lines, as CloudWatch Logs takes them out. Pure.

Limits: 100 metrics, 30 dimensions and 100 values each;
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cloudrig.engine.interfaces import Dimensions

MAX_METRICS = 100
MAX_DIMENSIONS = 30
MAX_VALUES = 100


@dataclass(frozen=True, slots=True)
class EmbeddedMetric:
    """One metric of a line, in one set of dimensions."""

    namespace: str
    dimensions: Dimensions
    name: str
    unit: str
    values: tuple[float, ...]


def metrics_in(line: str) -> list[EmbeddedMetric]:
    """The metrics of a log line; none where it has none or they are not as the format says, which is no error."""
    if '"_aws"' not in line or not line.startswith("{"):
        return []
    try:
        document = json.loads(line)
        return [each for directive in document["_aws"]["CloudWatchMetrics"] for each in _of(directive, document)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _of(directive: dict[str, Any], document: dict[str, Any]) -> Iterator[EmbeddedMetric]:
    definitions = directive["Metrics"]
    sets = directive.get("Dimensions") or [[]]
    if len(definitions) > MAX_METRICS or any(len(names) > MAX_DIMENSIONS for names in sets):
        return
    for names in sets:
        if not all(isinstance(document.get(name), str) for name in names):
            continue
        dimensions = tuple((name, document[name]) for name in names)
        for definition in definitions:
            values = _values(document.get(definition["Name"]))
            if values:
                unit = definition.get("Unit", "None")
                yield EmbeddedMetric(directive["Namespace"], dimensions, definition["Name"], unit, values)


def _values(value: Any) -> tuple[float, ...]:
    """A number, or up to 100 of them."""
    given = value if isinstance(value, list) else [value]
    if len(given) > MAX_VALUES or not all(_is_number(each) for each in given):
        return ()
    return tuple(map(float, given))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
