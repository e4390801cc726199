"""`AWS/ApiGateway` metrics.

Sources: AG `api-gateway-metrics-and-dimensions.html`, `apigateway-websocket-api-logging.html`
"""

from __future__ import annotations

from cloudrig.engine.interfaces import Dimensions, MetricSink
from cloudrig.engine.names import Scope

NAMESPACE = "AWS/ApiGateway"


class Metrics:
    """The metrics of all APIs of a rig."""

    def __init__(self, sink: MetricSink) -> None:
        self._sink = sink

    def add(self, scope: Scope, dimensions: Dimensions, name: str, value: float = 1.0, unit: str = "Count") -> None:
        """Note one value of a metric."""
        self._sink.add(scope, NAMESPACE, dimensions, name, value, unit)

    async def flush(self) -> None:
        """Return once everything noted before has been put, or reported as lost."""
        await self._sink.flush()
