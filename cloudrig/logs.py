"""`cloudrig logs`: the events of the functions' log groups in order of time, once or followed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

_POLL_S = 0.5
_LATE_MS = 5_000  # events may arrive this much after their time stamp


@dataclass(frozen=True)
class Line:
    """One event: milliseconds since the epoch, the function's short name, the text."""

    timestamp_ms: int
    function: str
    text: str

    def __str__(self) -> str:
        at = datetime.fromtimestamp(self.timestamp_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        return f"{at}  {self.function:<12}  {self.text}"


def lines(client: Any, functions: Mapping[str, str], *, since_ms: int, follow: bool) -> Iterator[Line]:
    """The log lines of functions (short name → name on the target) from a time on; endless with `follow`."""
    seen: dict[str, int] = {}
    while True:
        found = sorted(
            (event for short, name in functions.items() for event in _events(client, short, name, since_ms, seen)),
            key=lambda line: line.timestamp_ms,
        )
        yield from found
        if not follow:
            return
        if found:
            since_ms = max(since_ms, found[-1].timestamp_ms - _LATE_MS)
        seen = {event_id: at for event_id, at in seen.items() if at >= since_ms}
        time.sleep(_POLL_S)


def _events(client: Any, short: str, name: str, since_ms: int, seen: dict[str, int]) -> Iterator[Line]:
    try:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{name}", startTime=since_ms
        )
        for page in pages:
            for event in page["events"]:
                if event["eventId"] not in seen:
                    seen[event["eventId"]] = event["timestamp"]
                    yield Line(event["timestamp"], short, event["message"].rstrip("\n"))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
