"""Access logs: one line per request, handshake, message or disconnection, in the format that the stage says.

A format is text with `$context.…` in it; what has no value is `-`. It must name `$context.requestId` (or the extended
one) and has at most 3 KB.
Sources: AG `set-up-logging.html`, `websocket-api-logging.html`, `limits.html`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from cloudrig.engine.interfaces import LogEvent, LogSink
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Arn, Scope
from cloudrig.services.apigateway.errors import BadRequestException

MAX_FORMAT_BYTES = 3 * 1024

_VARIABLE = re.compile(r"\$context((?:\.[A-Za-z][\w-]*)+)")
_LOG_GROUP = re.compile(r"log-group:([^:*]+)(?::\*)?")
_IDS = ("requestId", "extendedRequestId")


class AccessLog:
    """The access log of one stage."""

    def __init__(self, logs: LogSink, scope: Scope, settings: Members, stage_key: str) -> None:
        """`settings` have passed `check_settings`; `stage_key` tells the stage's log stream from others'."""
        self._logs = logs
        self._scope = scope
        self._group = log_group(settings["destinationArn"])
        self._stream = hashlib.md5(stage_key.encode(), usedforsecurity=False).hexdigest()
        self._parts = _VARIABLE.split(settings["format"])

    def write(self, at_ms: int, context: Mapping[str, Any]) -> None:
        """One line; `context` is `$context`."""
        parts = (_value(context, part) if index % 2 else part for index, part in enumerate(self._parts))
        self._logs.put(self._scope, self._group, self._stream, [LogEvent(at_ms, "".join(parts))])


def check_settings(settings: Members) -> None:
    """`destinationArn` and `format`, both. Raises BadRequestException; its texts are unverified."""
    arn, text = settings.get("destinationArn"), settings.get("format")
    if not arn or not text:
        raise BadRequestException("Access log settings need a destination ARN and a format")
    log_group(arn)
    if len(text.encode()) > MAX_FORMAT_BYTES:
        raise BadRequestException("Access log format must be at most 3 KB")
    if "\n" in text.rstrip("\n"):
        raise BadRequestException(
            "Access Log format must be single line, new line character is allowed only at end of the format"
        )
    if not any(variable[1:] in _IDS for variable in _VARIABLE.findall(text)):
        raise BadRequestException("Access log format must contain $context.requestId or $context.extendedRequestId")


def log_group(arn: str) -> str:
    """The name of a log group. Raises BadRequestException for any other destination."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        parsed = None
    found = _LOG_GROUP.fullmatch(parsed.resource) if parsed is not None and parsed.service == "logs" else None
    if found is None:
        raise BadRequestException(f"Invalid ARN specified in the request. Must be a CloudWatch log group ARN: {arn}")
    return found[1]


def _value(context: Mapping[str, Any], path: str) -> str:
    found: Any = context
    for name in path[1:].split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if found is None or found == "" or isinstance(found, Mapping):
        return "-"
    return found if isinstance(found, str) else json.dumps(found)
