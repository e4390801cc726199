"""Failures of runtimes: what the caller is answered, and how log lines name them.

Sources: docs/aws-behaviour.md §10.2; the `Status` and `Error Type` of REPORT and INIT_REPORT lines from logs that users
of Lambda published.
"""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

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
    how = f"exit status {return_code}" if return_code > 0 else f"signal: {_signal_name(-return_code)}"
    return Failure("Runtime.ExitError", f"Runtime exited with error: {how}")


def out_of_memory() -> Failure:
    """A process that took more memory than its function has."""
    message = "Runtime exited with error: signal: killed"
    return Failure("Runtime.ExitError", message, reported_type="Runtime.OutOfMemory")


def _signal_name(number: int) -> str:
    """`killed`, `user defined signal 1`: as Go names them, which are the C library's words in lower case."""
    return (signal.strsignal(number) or str(number)).lower()


RESPONSE_TOO_LARGE = json.dumps(
    {
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
).encode()
