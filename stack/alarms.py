"""CloudWatch alarms, and those that a stack of functions, streams and tables wants; see `resources`."""

from __future__ import annotations

from dataclasses import dataclass

from stack.resources import Aspects, Resource

# unverified: that FILL makes zeros of a metric that was never put, which `Failures` is until something fails.
PERCENT_FAILED = "100 * (errors + FILL(failures, 0)) / invocations"


@dataclass(frozen=True)
class Metric:
    """A metric as an alarm reads it, or an expression over those before it.

    Attributes:
        id: what expressions call it.
        expression: metric math; then namespace and all after it are empty.
        dimensions: name and value, in order.
    """

    id: str
    expression: str = ""
    namespace: str = ""
    name: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = "Sum"


@dataclass(frozen=True, kw_only=True)
class Alarm(Resource):
    """An alarm that goes off above a threshold. It tells nobody: what is to be told is the operator's to say.

    Attributes:
        metrics: the last one is compared with the threshold.
        minutes: how many minutes in a row it has to be above. A minute without data is a good one.
    """

    kind = "alarm"
    description: str
    metrics: tuple[Metric, ...]
    threshold: float
    minutes: int = 5

    def aspects(self) -> Aspects:
        """`description`, `metrics`, `threshold`, `minutes`."""
        return {
            "description": self.description,
            # By id: what CloudWatch gives back, and what other tools write, has an order of its own.
            "metrics": sorted([*_shown(each)] for each in self.metrics),
            "threshold": float(self.threshold),
            "minutes": self.minutes,
        }


def failing(alarm_id: str, name: str, function: str, *, percent: float) -> Alarm:
    """More than so many percent of a function's invocations fail: for Lambda, or by their own account, where the caller
    got an answer all the same.
    """
    dimensions = (("FunctionName", function),)
    return Alarm(
        id=alarm_id,
        name=name,
        description=f"More than {percent:g} % of the invocations of {function} fail",
        metrics=(
            Metric("errors", namespace="AWS/Lambda", name="Errors", dimensions=dimensions),
            Metric("failures", namespace="Chat", name="Failures", dimensions=dimensions),
            Metric("invocations", namespace="AWS/Lambda", name="Invocations", dimensions=dimensions),
            Metric("percent", expression=PERCENT_FAILED),
        ),
        threshold=percent,
    )


def late(alarm_id: str, name: str, function: str, *, age_s: float) -> Alarm:
    """A stream's records wait longer than that for their function."""
    dimensions = (("FunctionName", function),)
    return Alarm(
        id=alarm_id,
        name=name,
        description=f"Records wait more than {age_s:g} s for {function}",
        metrics=(
            Metric("age", namespace="AWS/Lambda", name="IteratorAge", dimensions=dimensions, statistic="Maximum"),
        ),
        threshold=age_s * 1000,
    )


def throttled(alarm_id: str, name: str, table: str) -> Alarm:
    """Reads or writes of a table are throttled, time and again."""
    dimensions = (("TableName", table),)
    return Alarm(
        id=alarm_id,
        name=name,
        description=f"DynamoDB throttles {table}",
        metrics=(
            Metric("reads", namespace="AWS/DynamoDB", name="ReadThrottleEvents", dimensions=dimensions),
            Metric("writes", namespace="AWS/DynamoDB", name="WriteThrottleEvents", dimensions=dimensions),
            Metric("throttles", expression="FILL(reads, 0) + FILL(writes, 0)"),
        ),
        threshold=0,
    )


def _shown(metric: Metric) -> tuple[object, ...]:
    if metric.expression:
        return metric.id, metric.expression
    return metric.id, metric.namespace, metric.name, dict(metric.dimensions), metric.statistic
