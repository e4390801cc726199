"""One JSON line an invocation, on standard output, which Lambda sends to CloudWatch Logs.

Never in it: texts of messages, passwords, tokens, and therefore no text of an unexpected exception either (a
validation error quotes values).
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Mapping
from types import TracebackType

from handlers.events import LambdaContext
from handlers.metrics import FAILURES, Value, embedded


class Log:
    """The log of one invocation; what is bound to it stands in its line."""

    def __init__(self, context: LambdaContext, **bound: object) -> None:
        self._bound = {"requestId": context.aws_request_id, **bound}
        self._started = time.perf_counter()

    def info(self, event: str, measured: Mapping[str, Value] | None = None, **more: object) -> None:
        """`measured`: metrics, of `handlers.metrics`, that the line brings to CloudWatch."""
        self._write("INFO", event, {**more, **embedded(measured or {})})

    def failure(self, error: BaseException) -> None:
        """An unexpected failure: its type, AWS's error code if any, and where it came from."""
        response = getattr(error, "response", None)
        code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
        said = {"error": type(error).__name__, "code": code, "at": _places(error.__traceback__)}
        self._write("ERROR", "failed", {**said, **embedded({FAILURES: 1})})

    def _write(self, level: str, event: str, more: dict[str, object]) -> None:
        took_ms = round((time.perf_counter() - self._started) * 1000, 1)
        line = {"level": level, "event": event, **self._bound, **more, "durationMs": took_ms}
        sys.stdout.write(json.dumps(line) + "\n")


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
