"""`cloudrig logs`: the events of the functions' log groups in order of time, once or followed."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

from botocore.exceptions import ClientError

_POLL_S = 0.5
_LATE_MS = 5_000  # events may arrive this much after their time stamp
SETTLE_S = 1.0
"""How long a line is kept back when following: what belongs before it arrives from another function by then."""

_RESET, _DIM, _RED, _YELLOW = "\033[0m", "\033[2m", "\033[31m", "\033[33m"
_HUES = (32, 34, 35, 36, 92, 94, 95, 96)
"""Colours of functions: greens, blues and purples, which leave red and yellow to what went wrong."""
_FRAME = ("START ", "END ", "REPORT ", "INIT_START ")


@dataclass(frozen=True)
class Line:
    """One event: milliseconds since the epoch, the function's short name, the text."""

    timestamp_ms: int
    function: str
    text: str

    @property
    def time(self) -> str:
        return datetime.fromtimestamp(self.timestamp_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]

    def __str__(self) -> str:
        return f"{self.time}  {self.function:<12}  {self.text}"


@dataclass(frozen=True)
class Painter:
    """Lines as a terminal shows them: functions told apart by colour, Lambda's own lines faint, errors red."""

    colours: bool

    @classmethod
    def for_stream(cls, stream: TextIO, environ: Mapping[str, str]) -> Painter:
        """No colours where nobody sees them, nor where NO_COLOR is set: https://no-color.org"""
        return cls(stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb")

    def paint(self, line: Line) -> str:
        if not self.colours:
            return str(line)
        hue = _HUES[zlib.crc32(line.function.encode()) % len(_HUES)]
        text = f"{_colour_of(line.text)}{line.text}{_RESET}"
        return f"{_DIM}{line.time}{_RESET}  \033[{hue}m{line.function:<12}{_RESET}  {text}"


def _colour_of(text: str) -> str:
    if text.startswith(_FRAME):
        return _DIM
    if "[ERROR]" in text or '"level": "ERROR"' in text or '"level":"ERROR"' in text or "Task timed out" in text:
        return _RED
    return _YELLOW if "WARN" in text else ""


def lines(
    client: Any,
    functions: Mapping[str, str],
    *,
    since_ms: int,
    follow: bool,
    delivered: Callable[[], Mapping[str, int]] = dict,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Line]:
    """The log lines of functions (short name → name on the target) from a time on; endless with `follow`.

    `delivered` tells how many events log groups have got; those where that is known and has not changed are not asked.
    """
    reading = _Reading(client, functions, since_ms)
    waiting: list[tuple[float, Line]] = []
    while True:
        now = clock()
        waiting += [(now, line) for line in reading.new_lines(delivered())]
        waiting.sort(key=lambda one: one[1].timestamp_ms)
        count = _settled(waiting, now) if follow else len(waiting)
        yield from (line for _, line in waiting[:count])
        del waiting[:count]
        if not follow:
            return
        sleep(_POLL_S)


def _settled(waiting: list[tuple[float, Line]], now: float) -> int:
    """How many of the lines, in order, can be shown: up to the last one that has been kept back for long enough."""
    shown_up_to = max((line.timestamp_ms for at, line in waiting if now - at >= SETTLE_S), default=-1)
    return sum(line.timestamp_ms <= shown_up_to for _, line in waiting)


class _Reading:
    """What has been read of the functions' log groups."""

    def __init__(self, client: Any, functions: Mapping[str, str], since_ms: int) -> None:
        self._client = client
        self._functions = functions
        self._since_ms = since_ms
        self._seen: dict[str, int] = {}
        """Ids of events that may come again, with their times."""
        self._counts: Mapping[str, int] = {}

    def new_lines(self, counts: Mapping[str, int]) -> list[Line]:
        """What has come since the last time; `counts` as `lines` has it of `delivered`."""
        asked = {short: name for short, name in self._functions.items() if self._may_be_new(name, counts)}
        found = [line for short, name in asked.items() for line in self._events(short, name)]
        self._counts = counts
        if found:
            self._since_ms = max(self._since_ms, max(line.timestamp_ms for line in found) - _LATE_MS)
        self._seen = {event_id: at for event_id, at in self._seen.items() if at >= self._since_ms}
        return found

    def _may_be_new(self, name: str, counts: Mapping[str, int]) -> bool:
        if not self._counts or not counts:
            return True
        group = f"/aws/lambda/{name}"
        return counts.get(group) != self._counts.get(group)

    def _events(self, short: str, name: str) -> Iterator[Line]:
        try:
            pages = self._client.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{name}", startTime=self._since_ms
            )
            for page in pages:
                for event in page["events"]:  # which need not have an id
                    event_id = event.get("eventId") or f"{short} {event['timestamp']} {event['message']}"
                    if event_id not in self._seen:
                        self._seen[event_id] = event["timestamp"]
                        yield Line(event["timestamp"], short, event["message"].rstrip("\n"))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
