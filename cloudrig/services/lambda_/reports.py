"""What the platform itself says of an invocation: log lines and the payloads of failures.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html, `aws-behaviour.md` §10.2 and §10.4; the
`Status` and `Error Type` of REPORT and INIT_REPORT lines from logs that users of Lambda published.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime

from cloudrig.services.lambda_.runtime_api import MAX_RESPONSE_BYTES


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a runtime gave no answer. `body` is the error it reported itself, if it still could."""

    error_type: str
    message: str = ""
    status: str = "error"
    body: bytes | None = None
    reported_type: str = ""
    """What REPORT calls it, where that is another type than the payload's."""

    def payload(self, request_id: str) -> bytes:
        """The invocation's payload, `X-Amz-Function-Error` being `Unhandled`."""
        if self.body is not None:
            return self.body
        message = f"RequestId: {request_id} Error: {self.message}"
        return json.dumps({"errorType": self.error_type, "errorMessage": message}, separators=(",", ":")).encode()

    @property
    def log_status(self) -> str:
        """How REPORT and INIT_REPORT lines end."""
        return (
            "Status: timeout"
            if self.status == "timeout"
            else f"Status: error\tError Type: {self.reported_type or self.error_type}"
        )


def timed_out(timeout_s: float) -> Failure:
    return Failure("Sandbox.Timedout", f"Task timed out after {timeout_s:.2f} seconds", "timeout")


def exited(return_code: int) -> Failure:
    """A process that ended; negative codes are signals, as asyncio has them."""
    if return_code == 0:
        return Failure("Runtime.ExitError", "Runtime exited without providing a reason")
    how = f"exit status {return_code}" if return_code > 0 else f"signal: {_SIGNALS.get(-return_code, -return_code)}"
    return Failure("Runtime.ExitError", f"Runtime exited with error: {how}")


def out_of_memory() -> Failure:
    """A process that took more memory than its function has."""
    message = "Runtime exited with error: signal: killed"
    return Failure("Runtime.ExitError", message, reported_type="Runtime.OutOfMemory")


_SIGNALS = {6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}

RESPONSE_TOO_LARGE = json.dumps(
    {
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
).encode()


def init_start(runtime_version: str, arn: str) -> str:
    return f"INIT_START Runtime Version: {runtime_version}\tRuntime Version ARN: {arn}\n"


def init_report(duration_ms: float, failure: Failure) -> str:
    """An initialisation that failed; one that succeeds is told of in the first REPORT."""
    return f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: init\t{failure.log_status}\n"


def start(request_id: str, version: str) -> str:
    return f"START RequestId: {request_id} Version: {version}\n"


def task_timed_out(now: datetime, request_id: str, timeout_s: float) -> str:
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{stamp} {request_id} Task timed out after {timeout_s:.2f} seconds\n\n"


def exit_error(request_id: str, failure: Failure) -> str:
    return f"RequestId: {request_id} Error: {failure.message}\n{failure.error_type}\n"


def end(request_id: str) -> str:
    return f"END RequestId: {request_id}\n"


def report(
    request_id: str,
    duration_ms: float,
    memory_mb: int,
    used_mb: int,
    init_ms: float | None,
    failure: Failure | None,
) -> str:
    """The REPORT line; `init_ms` on a cold start."""
    line = (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\t"
        f"Billed Duration: {math.ceil(duration_ms)} ms\tMemory Size: {memory_mb} MB\tMax Memory Used: {used_mb} MB\t"
    )
    if init_ms is not None:
        line += f"Init Duration: {init_ms:.2f} ms\t"
    return f"{line}{failure.log_status}\n" if failure else line + "\n"
