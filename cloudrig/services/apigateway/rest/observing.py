"""Logs and metrics of REST APIs: what is written about one request.

Sources: AG `set-up-logging.html`, `api-gateway-mapping-template-reference.html` (`$context` of access logs),
`api-gateway-metrics-and-dimensions.html`.
"""

from __future__ import annotations

from typing import Any

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.execution_logs import Trace, listed, trace_opening, trace_start
from cloudrig.services.apigateway.metrics import Metrics
from cloudrig.services.apigateway.observation import error_context
from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.call import Call


def trace_beginning(call: Call, trace: Trace) -> None:
    """What was looked at before the execution."""
    stage, method = call.stage, call.request.method
    path = call.endpoint.resource_path if call.endpoint else call.path
    key = str(call.identity.get("apiKeyId") or "")
    stage_key = f"{stage.api_id}/{stage.name}"
    trace_opening(trace, call.request_id, call.extended_request_id, stage_key, f"method '{method} {path}'", key)


def trace_execution(call: Call, trace: Trace) -> None:
    """Up to the endpoint of the request."""
    trace_start(trace, call.request_id)
    trace.info(f"HTTP Method: {call.request.method}, Resource Path: {call.path}")
    trace.data(f"Method request path: {listed(call.path_parameters)}")
    trace.data(f"Method request query string: {listed({name: values[-1] for name, values in call.query.items()})}")
    trace.data(f"Method request headers: {listed({name: values[-1] for name, values in call.headers.items()})}")
    trace.data(f"Method request body before transformations: {call.request.body.decode('utf-8', 'replace')}")


def trace_end(call: Call, trace: Trace, response: Response) -> None:
    """From the back end's answer to the client's."""
    if call.error is not None:
        trace.error(call.error.told)
        trace.error(f"Method completed with status: {response.status}")
        return
    trace.data(f"Method response body after transformations: {response.body.decode('utf-8', 'replace')}")
    trace.data(f"Method response headers: {listed(dict(response.headers))}")
    trace.info("Successfully completed execution")
    trace.info(f"Method completed with status: {response.status}")


def observe(call: Call, response: Response, took_s: float, metrics: Metrics) -> None:
    """Write a finished request to the stage's logs, and count it."""
    _count(call, response, took_s * 1000, metrics)
    observation, now_ms = call.stage.observation, int(call.time_s * 1000)
    if observation.access is not None:
        observation.access.write(now_ms, _access_context(call, response, took_s * 1000))
    if call.trace is not None and call.endpoint is not None:
        trace_end(call, call.trace, response)
        observation.write(now_ms, call.trace, call.endpoint.detail)


def _count(call: Call, response: Response, took_ms: float, metrics: Metrics) -> None:
    stage, endpoint = call.stage, call.endpoint
    dimensions = [stage.observation.dimensions]
    if endpoint is not None and endpoint.detail.metrics:
        method = (("Method", call.request.method), ("Resource", endpoint.resource_path))
        dimensions.append((*stage.observation.dimensions, *method))
    scope = stage.api.scope
    for each in dimensions:
        metrics.add(scope, each, "Count")
        metrics.add(scope, each, "4XXError", float(400 <= response.status < 500))
        metrics.add(scope, each, "5XXError", float(response.status >= 500))
        metrics.add(scope, each, "Latency", took_ms, "Milliseconds")
        if call.latency_ms is not None:
            metrics.add(scope, each, "IntegrationLatency", call.latency_ms, "Milliseconds")


def _access_context(call: Call, response: Response, took_ms: float) -> dict[str, Any]:
    latency = None if call.latency_ms is None else round(call.latency_ms)
    status = response.status if call.error is None and latency is not None else None
    told = call.template_context() | {
        "status": response.status,
        "responseLength": len(response.body),
        "responseLatency": round(took_ms),
        "integrationLatency": latency,
        "integrationStatus": status,
        "integration": {"latency": latency, "status": status, "integrationStatus": status},
        "xrayTraceId": call.trace_root.removeprefix("Root="),
    }
    if call.error is not None:
        told["error"] = _error(call.error)
    return told


def _error(error: GatewayError) -> dict[str, Any]:
    return error_context(error.message, error.response_type)
