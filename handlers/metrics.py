"""Metrics in the line that an invocation logs anyway (embedded metric format): CloudWatch takes them out of the log,
and nobody waits for a call.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from handlers import clock

NAMESPACE: Final = "Chat"
MESSAGES_STORED: Final = "MessagesStored"
DELIVERIES: Final = "Deliveries"
DELIVERY_FAILURES: Final = "DeliveryFailures"
DELIVERY_LATENCY: Final = "DeliveryLatency"
FAILURES: Final = "Failures"
"""Invocations that failed unexpectedly, also where the caller got an answer and Lambda saw no error."""

_UNITS: Final = {DELIVERY_LATENCY: "Milliseconds"}
_MAX_VALUES: Final = 100

Value = int | Sequence[int]


def embedded(values: Mapping[str, Value]) -> dict[str, object]:
    """The members of a log line that hold these metrics, each a number or several; none for none.

    The dimension is the function, whose name begins with the stack's.
    """
    if not values:
        return {}
    definitions = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in values]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": definitions}
    return {
        "_aws": {"Timestamp": clock.now_ms(), "CloudWatchMetrics": [directive]},
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        **{name: value if isinstance(value, int) else list(value[:_MAX_VALUES]) for name, value in values.items()},
    }
