"""Logs of an environment: what its process writes, cut into events, among the platform's own lines.

Everything a process writes goes through one pipe, so that its order is kept: plain output line by line, and the frames
in which AWS's runtime clients write log records (a multi-line traceback stays one event). Frame: 4 bytes type
(0xa55a00..), 4 bytes length, 8 bytes timestamp in microseconds, message; big-endian.
"""

from __future__ import annotations

import asyncio
import json
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

PIPE_BYTES = 65536
"""What a pipe holds: a process that has written more waits for a reader."""
BURST_BYTES = 16 * 1024 * 1024
BYTES_PER_S = 2 * 1024 * 1024
_LINE_BYTES = 100
_READ_BYTES = 8192
_REST_S = 0.02


LEVELS = {"TRACE": 0, "DEBUG": 1, "INFO": 2, "WARN": 3, "WARNING": 3, "ERROR": 4, "FATAL": 5, "CRITICAL": 5}
"""Log levels in order, with Python's names for two of them."""


def level_of(text: str) -> int:
    """The level of an application's log event: its JSON key `level`, INFO where there is none."""
    if text.startswith("{"):
        with suppress(ValueError):
            found = json.loads(text).get("level")
            return LEVELS.get(found.upper(), LEVELS["INFO"]) if isinstance(found, str) else LEVELS["INFO"]
    return LEVELS["INFO"]


class LogParser:
    """Cuts a byte stream into log events."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._wanted = 0
        """Of a frame that has begun: fewer bytes need not be looked at, which a large one in small pieces would be."""

    def feed(self, data: bytes) -> list[str]:
        """The events that `data` completes, lines with their line feed."""
        self._rest += data
        if len(self._rest) < self._wanted:
            return []
        data, self._wanted = bytes(self._rest), 0
        events: list[str] = []
        at = 0
        while (start := data.find(_FRAME_START, at)) >= 0:
            events += _lines(data[at:start])
            end = start + _frame_bytes(data, start)
            if end > len(data):
                self._rest, self._wanted = bytearray(data[start:]), end - start
                return events
            events.append(data[start + _FRAME_HEAD_BYTES : end].decode("utf-8", "replace"))
            at = end
        end = len(data) if len(data) - at > _MAX_EVENT_BYTES else data.rfind(b"\n", at) + 1
        events += _lines(data[at:end])
        self._rest = bytearray(data[max(at, end) :])
        return events

    def flush(self) -> list[str]:
        """What was written without a line feed, as the event it is going to be."""
        rest, self._rest, self._wanted = self._rest, bytearray(), 0
        return [rest.decode("utf-8", "replace")] if rest else []


def _lines(data: bytes) -> list[str]:
    return [line.decode("utf-8", "replace") for line in _LINE.findall(data)]


def _frame_bytes(data: bytes, start: int) -> int:
    """How long the frame at `start` is, its head until that has arrived. An absurd length is not believed."""
    length = int.from_bytes(data[start + 4 : start + 8], "big") if len(data) - start >= _FRAME_HEAD_BYTES else 0
    return _FRAME_HEAD_BYTES + (length if length <= _MAX_FRAME_BYTES else 0)


class EnvironmentLog:
    """The log stream of one environment. Platform lines wait for `flush`, so that an invocation is one delivery."""

    def __init__(self, sink: LogSink, clock: Clock, scope: Scope, group: str, stream: str) -> None:
        self._sink = sink
        self._clock = clock
        self._address = (scope, group, stream)
        self._waiting: list[LogEvent] = []
        self._tail: bytes | None = None

    def write(self, text: str) -> None:
        self._waiting.append(LogEvent(self._clock.now_ms(), text))
        if self._tail is not None:
            self._tail = (self._tail + text.encode()[-TAIL_BYTES:])[-TAIL_BYTES:]

    def flush(self) -> None:
        if self._waiting:
            self._sink.put(*self._address, self._waiting)
            self._waiting = []

    def start_tail(self) -> None:
        self._tail = b""

    def take_tail(self) -> bytes:
        """The last 4 KB written since `start_tail`; empty without one."""
        tail, self._tail = self._tail, None
        return tail or b""


class LogBudget:
    """How much of what a process writes is taken in. Reckoned in bytes, a line as at least `_LINE_BYTES` of them.

    A burst as large as logs of an invocation ever are is taken whole; who writes without end is cut to a steady rate.
    AWS throttles such a function's log likewise, and drops what is over.
    """

    def __init__(self, now_s: float) -> None:
        self._left = float(BURST_BYTES)
        self._at_s = now_s

    def take(self, data: bytes, now_s: float) -> bool:
        """Whether there is room for `data`; it is used up if so."""
        self._left = min(BURST_BYTES, self._left + (now_s - self._at_s) * BYTES_PER_S)
        self._at_s = now_s
        if self._left <= 0:
            return False
        self._left -= len(data) + data.count(b"\n") * _LINE_BYTES
        return True


class LogPipe:
    """The pipe that a process writes its output into. `write_fd` is the process's end, closed here once it has it.

    A wake-up reads a little, so that whoever writes without end takes turns with everybody else; and it rests once the
    process is over its budget.
    """

    def __init__(self, received: Callable[[list[str]], None]) -> None:
        self._received = received
        self._parser = LogParser()
        self._loop = asyncio.get_running_loop()
        self._budget = LogBudget(self._loop.time())
        self._dropped = 0
        self._rest: asyncio.TimerHandle | None = None
        self._read_fd, self.write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        self._loop.add_reader(self._read_fd, self._read)

    @property
    def inode(self) -> int:
        return os.fstat(self._read_fd).st_ino

    def handed_over(self) -> None:
        """The process has its end: close ours of it."""
        os.close(self.write_fd)
        self.write_fd = -1

    def drain(self) -> None:
        """Take in all that has been written until now: as much as a pipe holds, whatever is being written meanwhile."""
        self._take(PIPE_BYTES)

    def finish_line(self) -> None:
        """Take an unfinished line for an event, as at the end of an invocation, and say what was dropped."""
        self._report_dropped()
        if events := self._parser.flush():
            self._received(events)

    def close(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._read_fd)
        os.close(self._read_fd)
        if self.write_fd >= 0:
            os.close(self.write_fd)

    def _read(self) -> None:
        if not self._take(_READ_BYTES):
            self._loop.remove_reader(self._read_fd)
            self._rest = self._loop.call_later(_REST_S, self._loop.add_reader, self._read_fd, self._read)

    def _take(self, most: int) -> bool:
        """Read up to `most` bytes; False where the process is over its budget."""
        within = True
        with suppress(BlockingIOError):
            while most > 0:
                data = os.read(self._read_fd, min(most, 65536))
                if not data:  # end of file: every writer is gone
                    self._loop.remove_reader(self._read_fd)
                    return True
                most -= len(data)
                within = self._budget.take(data, self._loop.time())
                if within:
                    self._report_dropped()
                    self._pass_on(self._parser.feed(data))
                else:
                    self._dropped += data.count(b"\n")
        return within

    def _report_dropped(self) -> None:
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._parser.flush()
            self._pass_on(
                [f"[cloudrig] dropped {dropped} lines: the function writes more than {BYTES_PER_S:,} bytes/s\n"]
            )

    def _pass_on(self, events: list[str]) -> None:
        if events:
            self._received(events)
