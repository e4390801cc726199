"""What a stage has written about its requests: logs of access and execution, and in how much detail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cloudrig.engine.interfaces import Dimensions, LogSink
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.access_logs import AccessLog
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.execution_logs import ExecutionLog, Trace

NO_LOGGING_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"


@dataclass(frozen=True, slots=True)
class Detail:
    """How closely a route or method is watched: `level` of its execution log, bodies in it, metrics of its own."""

    level: str = "OFF"
    data_trace: bool = False
    metrics: bool = False

    def trace(self, request_id: str) -> Trace | None:
        """The trace of a request; None where nothing is logged."""
        return None if self.level == "OFF" else Trace(request_id)


NO_DETAIL = Detail()


@dataclass(frozen=True, slots=True)
class Observation:
    """The logs of one stage, and the dimensions of its metrics."""

    access: AccessLog | None
    execution: ExecutionLog
    dimensions: Dimensions

    def write(self, at_ms: int, trace: Trace | None, detail: Detail) -> None:
        """Write a request's trace to the execution log."""
        if trace is not None:
            self.execution.write(at_ms, trace, detail.level, detail.data_trace)


def observe(
    logs: LogSink, scope: Scope, stage_key: str, access: Members | None, group: str, dimensions: Dimensions
) -> Observation:
    """`access` are the stage's access log settings (`destinationArn`, `format`), `group` is its execution log's."""
    return Observation(
        AccessLog(logs, scope, access, stage_key) if access else None,
        ExecutionLog(logs, scope, group, stage_key),
        dimensions,
    )


def check_logging_role(account_settings: Members, wants_logs: bool) -> None:
    """Logs need a role in the account's settings (UpdateAccount). Raises BadRequestException."""
    if wants_logs and not account_settings.get("cloudwatchRoleArn"):
        raise BadRequestException(NO_LOGGING_ROLE)


def error_context(message: str | None, response_type: str) -> dict[str, Any]:
    """`$context.error` of an access log."""
    return {"message": message, "messageString": f'"{message}"', "responseType": response_type}
