"""What the platform itself writes into a function's log: lines of text, or events in JSON where the function asks so.

Sources: docs/aws-behaviour.md §10.4; https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html for
records in JSON, https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html for their levels.
Since August 2025 the initialisation is billed with the first invocation:
https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cloudrig.engine.clock import Clock
from cloudrig.services.lambda_.configuration import runtime_version_arn
from cloudrig.services.lambda_.logs import LEVELS
from cloudrig.services.lambda_.reports import Failure
from cloudrig.services.lambda_.runtimes import runtime_version
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.tracing import report as traced


@dataclass(frozen=True, slots=True)
class Report:
    """An invocation as it ended. `init_ms` where it was the environment's first; `trace` is its tracing header."""

    request_id: str
    duration_ms: float
    used_mb: int
    init_ms: float | None = None
    failure: Failure | None = None
    init_billed: bool = True
    trace: str = ""

    @property
    def billed_ms(self) -> int:
        """Whole milliseconds; initialising on demand counts, keeping ready is charged otherwise."""
        return math.ceil(self.duration_ms + (self.init_ms or 0.0 if self.init_billed else 0.0))


class PlatformLog(Protocol):
    """Told of every step of an environment."""

    def init_start(self) -> None: ...

    def init_end(self, duration_ms: float, failure: Failure | None) -> None: ...

    def start(self, request_id: str) -> None: ...

    def failed(self, request_id: str, failure: Failure) -> None:
        """The runtime gave no answer."""
        ...

    def end(self, report: Report) -> None: ...


def platform_log(version: Version, initialization: str, clock: Clock, write: Callable[[str], None]) -> PlatformLog:
    """The log of an environment in the format of its function; `initialization` is how it came to be started."""
    if version.settings.logging.format == "JSON":
        return _JsonLog(version, initialization, clock, write)
    return _TextLog(version, clock, write)


class _TextLog:
    def __init__(self, version: Version, clock: Clock, write: Callable[[str], None]) -> None:
        self._version = version
        self._clock = clock
        self._write = write

    def init_start(self) -> None:
        runtime, arn = runtime_version(self._version.settings.runtime), runtime_version_arn(self._version)
        self._write(f"INIT_START Runtime Version: {runtime}\tRuntime Version ARN: {arn}\n")

    def init_end(self, duration_ms: float, failure: Failure | None) -> None:
        """An initialisation that succeeds is told of in the first REPORT."""
        if failure is not None:
            self._write(f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: init\t{failure.log_status}\n")

    def start(self, request_id: str) -> None:
        self._write(f"START RequestId: {request_id} Version: {self._version.number}\n")

    def failed(self, request_id: str, failure: Failure) -> None:
        if failure.status == "timeout":
            self._write(f"{_stamp(self._clock)} {request_id} {failure.message}\n\n")
        elif failure.body is None:
            self._write(f"RequestId: {request_id} Error: {failure.message}\n{failure.error_type}\n")

    def end(self, report: Report) -> None:
        self._write(f"END RequestId: {report.request_id}\n")
        line = (
            f"REPORT RequestId: {report.request_id}\tDuration: {report.duration_ms:.2f} ms\t"
            f"Billed Duration: {report.billed_ms} ms\tMemory Size: {self._version.settings.memory_mb} MB\t"
            f"Max Memory Used: {report.used_mb} MB\t"
        )
        if report.init_ms is not None:
            line += f"Init Duration: {report.init_ms:.2f} ms\t"
        status = report.failure.log_status if report.failure else ""
        self._write(f"{line}{status}\n{traced(report.trace)}")


class _JsonLog:
    """Records as the Telemetry API has them, down to the function's system log level."""

    def __init__(self, version: Version, initialization: str, clock: Clock, write: Callable[[str], None]) -> None:
        self._version = version
        self._phase = {"initializationType": initialization, "phase": "init"}
        self._clock = clock
        self._write = write
        self._least = LEVELS[version.settings.logging.system_level]

    def init_start(self) -> None:
        settings = self._version.settings
        self._record(
            "initStart",
            "INFO",
            **self._phase,
            runtimeVersion=runtime_version(settings.runtime),
            runtimeVersionArn=runtime_version_arn(self._version),
            functionName=self._version.name,
            functionVersion=self._version.number,
            instanceMaxMemory=settings.memory_mb * 1024 * 1024,
        )

    def init_end(self, duration_ms: float, failure: Failure | None) -> None:
        on_demand = self._phase["initializationType"] == "on-demand"
        status = {**self._phase, **_status(failure)}
        self._record("initRuntimeDone", "WARN" if failure else "DEBUG", **status)
        level = "WARN" if failure else "DEBUG" if on_demand else "INFO"
        self._record("initReport", level, **status, metrics={"durationMs": round(duration_ms, 3)})

    def start(self, request_id: str) -> None:
        arn, number = self._version.function_arn, self._version.number
        self._record("start", "INFO", requestId=request_id, functionArn=arn, version=number)

    def failed(self, request_id: str, failure: Failure) -> None:
        """Told of by `end`."""

    def end(self, report: Report) -> None:
        duration_ms, level = round(report.duration_ms, 3), "WARN" if report.failure else "INFO"
        status = _status(report.failure)
        done = "WARN" if report.failure else "DEBUG"
        self._record("runtimeDone", done, requestId=report.request_id, **status, metrics={"durationMs": duration_ms})
        metrics = {
            "durationMs": duration_ms,
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": self._version.settings.memory_mb,
            "maxMemoryUsedMB": report.used_mb,
        }
        if report.init_ms is not None:
            metrics["initDurationMs"] = round(report.init_ms, 3)
        self._record("report", level, requestId=report.request_id, metrics=metrics, **status)

    def _record(self, kind: str, level: str, **record: object) -> None:
        if LEVELS[level] >= self._least:
            event = {"time": _stamp(self._clock), "type": f"platform.{kind}", "record": record}
            self._write(json.dumps(event, separators=(",", ":")) + "\n")


def _status(failure: Failure | None) -> dict[str, str]:
    if failure is None:
        return {"status": "success"}
    if failure.status == "timeout":
        return {"status": "timeout"}
    return {"status": "error", "errorType": failure.reported_type or failure.error_type}


def _stamp(clock: Clock) -> str:
    return clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
