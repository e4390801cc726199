"""Logs and metrics of WebSocket APIs: one record per handshake, message and disconnection.

Sources: AG `apigateway-websocket-api-logging.html`, `websocket-api-logging.html`,
`apigateway-websocket-api-mapping-template-reference.html`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cloudrig.services.apigateway.errors import Refused
from cloudrig.services.apigateway.execution_logs import Trace, trace_opening, trace_start
from cloudrig.services.apigateway.observation import NO_DETAIL, Detail, Observation, error_context, observe
from cloudrig.services.apigateway.surroundings import Surroundings
from cloudrig.services.apigateway.websocket.events import Context, request_context
from cloudrig.services.apigateway.websocket.integrations.base import BAD_GATEWAY, IntegrationFailure
from cloudrig.services.apigateway.websocket.live import LiveRoute, LiveStage

COUNTED = {"CONNECT": "ConnectCount", "MESSAGE": "MessageCount"}


@dataclass(slots=True)
class Record:
    """What becomes of one call. `integration_status` and `latency_ms` are None until its integration has answered."""

    context: Context
    event_type: str
    route_key: str
    route: LiveRoute | None
    trace: Trace | None = None
    status: int = 200  # unverified: what `$context.status` is of a call that went well
    error: Refused | None = None
    integration_status: int | None = None
    latency_ms: float | None = None

    def refuse(self, error: Refused) -> None:
        """The call ends in a refusal or an error frame."""
        self.status, self.error = error.status, error

    @property
    def detail(self) -> Detail:
        return self.route.detail if self.route is not None else NO_DETAIL


class Observer:
    """Writes records down."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def begin(self, context: Context, event_type: str, route_key: str, route: LiveRoute | None) -> Record:
        """A call begins; `route` is None where there is none for it."""
        record = Record(context, event_type, route_key, route)
        record.trace = record.detail.trace(context.request_id)
        if record.trace is not None:
            _trace_beginning(record, record.trace)
        return record

    def finish(self, record: Record) -> None:
        """It is over."""
        stage = record.context.connection.stage
        observation = stage.observation or self._observed(stage)
        self._count(stage, observation, record)
        if observation.access is not None:
            observation.access.write(record.context.now_ms, _access_context(record))
        if record.trace is not None:
            _trace_end(record, record.trace)
            observation.write(record.context.now_ms, record.trace, record.detail)

    def _observed(self, stage: LiveStage) -> Observation:
        key = f"{stage.api_id}/{stage.name}"
        access = stage.access_log_settings
        settings = {"destinationArn": access["DestinationArn"], "format": access["Format"]} if access else None
        dimensions = (("ApiId", stage.api_id), ("Stage", stage.name))
        group = f"/aws/apigateway/{key}"
        stage.observation = observe(self._around.logs, stage.scope, key, settings, group, dimensions)
        return stage.observation

    def _count(self, stage: LiveStage, observation: Observation, record: Record) -> None:
        """Metrics of the stage, and of the route where it has its own."""
        dimensions = [observation.dimensions]
        if record.detail.metrics:
            dimensions.append((*observation.dimensions, ("Route", record.route_key)))
        add, scope = self._around.metrics.add, stage.scope
        for each in dimensions:
            if record.event_type in COUNTED:
                add(scope, each, COUNTED[record.event_type])
            failure = _failure(record)
            if failure is not None:
                add(scope, each, failure)
            if record.latency_ms is not None:
                add(scope, each, "IntegrationLatency", record.latency_ms, "Milliseconds")


def _failure(record: Record) -> str | None:
    """The error metric that a call counts for. A proxy's own 4xx is a ClientError too: captured,
    awsdocs/amazon-api-gateway-developer-guide#136.
    """
    error, answered = record.error, record.integration_status
    if answered is not None and answered >= 400:
        return "ClientError" if answered < 500 else "IntegrationError"
    if isinstance(error, IntegrationFailure):
        return "IntegrationError" if error.status == BAD_GATEWAY else "ExecutionError"
    if error is None:
        return None
    return "ClientError" if error.status < 500 else "ExecutionError"


def _access_context(record: Record) -> dict[str, Any]:
    """`$context` of an access log."""
    told = request_context(record.context, record.route_key, record.event_type)
    latency = None if record.latency_ms is None else round(record.latency_ms)
    integration = {
        "status": record.integration_status,
        "integrationStatus": record.integration_status,
        "latency": latency,
        "error": str(record.error) if isinstance(record.error, IntegrationFailure) else None,
    }
    told |= {
        "status": record.status,
        "integration": integration,
        "integrationStatus": record.integration_status,
        "integrationLatency": latency,
    }
    if record.error is not None:
        told["error"] = error_context(record.error.message, "DEFAULT_5XX" if record.status >= 500 else "DEFAULT_4XX")
    return told


def _trace_beginning(record: Record, trace: Trace) -> None:
    context = record.context
    connection, request_id = context.connection, context.request_id
    stage_key = f"{connection.stage.api_id}/{connection.stage.name}"
    what = f"route '{record.route_key}'"
    trace_opening(trace, request_id, request_id, stage_key, what, str(connection.caller.get("apiKeyId", "")))
    trace_start(trace, request_id)
    trace.info(f"WebSocket Request Route: [{record.route_key}]")
    if record.event_type == "CONNECT":
        client = f"[UserAgent: {connection.user_agent or 'null'}, SourceIp: {connection.source_ip}]"
        trace.info(f"Client {client} is connecting to WebSocket API [{connection.stage.api_id}].")


def _trace_end(record: Record, trace: Trace) -> None:
    if record.error is not None:
        trace.error(f"Execution failed: {record.error.message or 'refused by the integration'}")
        trace.error(f"Method completed with status: {record.status}")
    else:
        trace.info("Successfully completed execution")
