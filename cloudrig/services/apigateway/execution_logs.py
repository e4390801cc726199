"""Execution logs: what the gateway did with a request, line by line, as AWS writes it.

A stage logs everything (`INFO`) or what failed (`ERROR`); bodies and headers only with `dataTraceEnabled`. Each line
begins with the request id and is cut at 1,024 bytes. Lines: evidence in public issues of users who pasted theirs.
Sources: AG `set-up-logging.html`, `websocket-api-logging.html`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import IntEnum

from cloudrig.engine.interfaces import LogEvent, LogSink
from cloudrig.engine.names import Scope

MAX_LINE_BYTES = 1024
LEVELS = ("OFF", "ERROR", "INFO")


class Kind(IntEnum):
    """What a line tells; a stage writes it from a certain setting on."""

    ERROR = 1
    INFO = 2
    DATA = 3  # with data tracing only


class Trace:
    """The lines of one request, in order."""

    __slots__ = ("_lines", "_request_id")

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._lines: list[tuple[Kind, str]] = []

    def info(self, text: str) -> None:
        self._lines.append((Kind.INFO, text))

    def data(self, text: str) -> None:
        self._lines.append((Kind.DATA, text))

    def error(self, text: str) -> None:
        self._lines.append((Kind.ERROR, text))

    def lines(self, up_to: Kind) -> list[str]:
        """The lines of these kinds, each `({requestId}) …`."""
        return [_cut(f"({self._request_id}) {text}") for kind, text in self._lines if kind <= up_to]


class ExecutionLog:
    """The execution log of one stage at one level."""

    def __init__(self, logs: LogSink, scope: Scope, group: str, stage_key: str) -> None:
        """`group` is the log group that AWS makes; `stage_key` tells the stage's stream from others'."""
        self._logs = logs
        self._scope = scope
        self._group = group
        self._stream = hashlib.md5(stage_key.encode(), usedforsecurity=False).hexdigest()

    def write(self, at_ms: int, trace: Trace, level: str, data_trace: bool) -> None:
        """Write what the level asks for."""
        lines = trace.lines(Kind.ERROR if level == "ERROR" else Kind.DATA if data_trace else Kind.INFO)
        if lines:
            self._logs.put(self._scope, self._group, self._stream, _events(at_ms, lines))


def _events(at_ms: int, lines: Sequence[str]) -> list[LogEvent]:
    return [LogEvent(at_ms, line) for line in lines]


def _cut(line: str) -> str:
    encoded = line.encode("utf-8", "replace")
    return line if len(encoded) <= MAX_LINE_BYTES else encoded[:MAX_LINE_BYTES].decode("utf-8", "ignore")


# --- what both kinds of APIs write ----------------------------------------------------------------------------------


def trace_opening(trace: Trace, request_id: str, extended_id: str, stage_key: str, what: str, api_key: str) -> None:
    """Before the execution: the request's ids and its key. `what` is `method 'GET /pets'` or `route '$connect'`."""
    trace.info(f"Extended Request Id: {extended_id}")
    trace.info(f"Verifying Usage Plan for request: {request_id}. API Key: {api_key} API Stage: {stage_key}")
    if not api_key:
        trace.info(
            f"API Key authorized because {what} does not require API Key. "
            "Request will not contribute to throttle or quota limits"
        )
    trace.info(f"Usage Plan check succeeded for API Key {api_key} and API Stage {stage_key}")


def trace_start(trace: Trace, request_id: str) -> None:
    trace.info(f"Starting execution for request: {request_id}")


def trace_invocation(trace: Trace, function_arn: str, request_id: str, source_arn: str, event: bytes) -> None:
    """A function is about to be invoked."""
    region, api_id = source_arn.split(":")[3], source_arn.split(":")[5].partition("/")[0]
    uri = f"https://lambda.{region}.amazonaws.com/2015-03-31/functions/{function_arn}/invocations"
    headers = {
        "x-amzn-lambda-integration-tag": request_id,
        "X-Amz-Source-Arn": source_arn,
        "Accept": "application/json",
        "User-Agent": f"AmazonAPIGateway_{api_id}",
        "x-amzn-apigateway-api-id": api_id,
    }
    trace.info(f"Endpoint request URI: {uri}")
    trace_request(trace, headers, event)
    trace.info(f"Sending request to {uri}")


def trace_request(trace: Trace, headers: Mapping[str, str], body: bytes) -> None:
    """What a back end is sent."""
    trace.data(f"Endpoint request headers: {listed(headers)}")
    trace.data(f"Endpoint request body after transformations: {body.decode('utf-8', 'replace')}")


def trace_answer(trace: Trace, status: int, took_s: float, headers: Mapping[str, str], body: bytes) -> None:
    """What a back end answered."""
    trace.info(f"Received response. Status: {status}, Integration latency: {round(took_s * 1000)} ms")
    trace.data(f"Endpoint response headers: {listed(headers)}")
    trace.data(f"Endpoint response body before transformations: {body.decode('utf-8', 'replace')}")


def listed(values: Mapping[str, str]) -> str:
    """As Java writes a map."""
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"
