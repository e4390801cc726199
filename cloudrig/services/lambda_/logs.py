"""Logs of an environment: what its process writes, cut into events, among the platform's own lines.

Everything a process writes goes through one pipe, so that its order is kept: plain output line by line, and the frames
in which AWS's runtime clients write log records (a multi-line traceback stays one event). Frame: 4 bytes type
(0xa55a00..), 4 bytes length, 8 bytes timestamp in microseconds, message; big-endian.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from contextlib import suppress

from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import LogEvent, LogSink
from cloudrig.engine.names import Scope

_FRAME_START = b"\xa5\x5a\x00"
_FRAME_HEAD_BYTES = 16
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_MAX_FRAME_BYTES = 16 * 1024 * 1024
_MAX_EVENT_BYTES = 256 * 1024
"""An unfinished line is passed on at this length, the most CloudWatch Logs takes in one event."""
TAIL_BYTES = 4096
"""How much of its log an invocation with `LogType: Tail` gets back."""


class LogParser:
    """Cuts a byte stream into log events."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The events that `data` completes, lines with their line feed."""
        data = self._rest + data
        events: list[str] = []
        at = 0
        while (start := data.find(_FRAME_START, at)) >= 0:
            events += _lines(data[at:start])
            end = _frame_end(data, start)
            if end is None:
                self._rest = data[start:]
                return events
            events.append(data[start + _FRAME_HEAD_BYTES : end].decode("utf-8", "replace"))
            at = end
        end = len(data) if len(data) - at > _MAX_EVENT_BYTES else data.rfind(b"\n", at) + 1
        events += _lines(data[at:end])
        self._rest = data[max(at, end) :]
        return events

    def flush(self) -> list[str]:
        """What was written without a line feed, as the event it is going to be."""
        rest, self._rest = self._rest, b""
        return [rest.decode("utf-8", "replace")] if rest else []


def _lines(data: bytes) -> list[str]:
    return [line.decode("utf-8", "replace") for line in _LINE.findall(data)]


def _frame_end(data: bytes, start: int) -> int | None:
    """Where the frame at `start` ends; None while it has not all arrived. An absurd length is not believed."""
    if len(data) - start < _FRAME_HEAD_BYTES:
        return None
    length = int.from_bytes(data[start + 4 : start + 8], "big")
    end = start + _FRAME_HEAD_BYTES + (length if length <= _MAX_FRAME_BYTES else 0)
    return end if end <= len(data) else None


class EnvironmentLog:
    """The log stream of one environment. Platform lines wait for `flush`, so that an invocation is one delivery."""

    def __init__(self, sink: LogSink, clock: Clock, scope: Scope, group: str, stream: str) -> None:
        self._sink = sink
        self._clock = clock
        self._address = (scope, group, stream)
        self._waiting: list[LogEvent] = []
        self._tail: list[str] | None = None

    def write(self, text: str) -> None:
        self._waiting.append(LogEvent(self._clock.now_ms(), text))
        if self._tail is not None:
            self._tail.append(text)

    def flush(self) -> None:
        if self._waiting:
            self._sink.put(*self._address, self._waiting)
            self._waiting = []

    def start_tail(self) -> None:
        self._tail = []

    def take_tail(self) -> bytes:
        """The last 4 KB written since `start_tail`; empty without one."""
        tail, self._tail = self._tail, None
        return "".join(tail or ()).encode()[-TAIL_BYTES:]


class LogPipe:
    """The pipe that a process writes its output into. `write_fd` is the process's end, closed here once it has it."""

    def __init__(self, received: Callable[[list[str]], None]) -> None:
        self._received = received
        self._parser = LogParser()
        self._read_fd, self.write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        asyncio.get_running_loop().add_reader(self._read_fd, self.drain)

    def handed_over(self) -> None:
        """The process has its end: close ours of it."""
        os.close(self.write_fd)
        self.write_fd = -1

    def drain(self) -> None:
        """Take in all that has been written until now."""
        with suppress(BlockingIOError):
            while data := os.read(self._read_fd, 65536):
                if events := self._parser.feed(data):
                    self._received(events)
            asyncio.get_running_loop().remove_reader(self._read_fd)  # end of file: every writer is gone

    def finish_line(self) -> None:
        """Take an unfinished line for an event, as at the end of an invocation."""
        if events := self._parser.flush():
            self._received(events)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._read_fd)
        os.close(self._read_fd)
        if self.write_fd >= 0:
            os.close(self.write_fd)
