"""Access logs and metrics of HTTP APIs; there are no execution logs.

Sources: AG `http-api-logging-variables.html`, `http-api-metrics.html`; names of metrics as in aws-cdk's `HttpApi`.
"""

from __future__ import annotations

from typing import Any

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.http_api.call import Call
from cloudrig.services.apigateway.metrics import Metrics
from cloudrig.services.apigateway.observation import error_context

CLIENT_ERROR, SERVER_ERROR = "4xx", "5xx"


def observe(call: Call, response: Response, took_s: float, metrics: Metrics) -> None:
    """Write a finished request to the stage's log, and count it."""
    _count(call, response, took_s * 1000, metrics)
    access = call.stage.observation.access
    if access is not None:
        access.write(int(call.time_s * 1000), _access_context(call, response, took_s * 1000))


def _count(call: Call, response: Response, took_ms: float, metrics: Metrics) -> None:
    stage = call.stage.observation.dimensions
    dimensions = [stage[:1], stage]
    if call.route is not None and call.route.measured:
        dimensions.append((*stage, ("Route", call.route.key)))
    scope, add = call.stage.scope, metrics.add
    for each in dimensions:
        add(scope, each, "Count")
        add(scope, each, CLIENT_ERROR, float(400 <= response.status < 500))
        add(scope, each, SERVER_ERROR, float(response.status >= 500))
        add(scope, each, "Latency", took_ms, "Milliseconds")
        add(scope, each, "DataProcessed", float(len(call.request.body) + len(response.body)), "Bytes")
        if call.latency_ms is not None:
            add(scope, each, "IntegrationLatency", call.latency_ms, "Milliseconds")


def _access_context(call: Call, response: Response, took_ms: float) -> dict[str, Any]:
    latency = None if call.latency_ms is None else round(call.latency_ms)
    status = response.status if call.error is None and latency is not None else None
    detail = str(call.error) if call.error is not None else None
    failure = detail if latency is not None else None
    told = call.context() | {
        "dataProcessed": len(call.request.body) + len(response.body),
        "integration": {"error": failure, "integrationStatus": status, "latency": latency, "status": status},
        "integrationErrorMessage": failure,
        "integrationLatency": latency,
        "integrationStatus": status,
        "responseLatency": round(took_ms),
        "responseLength": len(response.body),
        "status": response.status,
    }
    if call.error is not None:
        told["error"] = error_context(call.error.message, "DEFAULT_5XX" if response.status >= 500 else "DEFAULT_4XX")
        told["authorizer"] = told["authorizer"] | ({"error": detail} if response.status in (401, 403) else {})
    return told
