"""The process of one environment, leader of a process group of its own: its output, its memory, its end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress

from cloudrig.services.lambda_ import memory
from cloudrig.services.lambda_.launcher import Launcher, Started
from cloudrig.services.lambda_.logs import LogPipe
from cloudrig.services.lambda_.program import Program

_MARK = "AWS_LAMBDA_LOG_STREAM_NAME"
"""A variable that every environment has, none has in common with another, and that no function can set."""


class RuntimeProcess:
    """A running runtime. Made by `start`; `close` when it is to be forgotten."""

    def __init__(self, launcher: Launcher, process: Started, pipe: LogPipe, mark: str) -> None:
        self._launcher = launcher
        self._pipe = pipe
        self._mark = mark
        self._peak_mb = 0
        self._frozen = False
        self.pid = process.pid
        self.exited = process.exited
        """Done with the return code."""

    @classmethod
    async def start(cls, launcher: Launcher, program: Program, received: Callable[[list[str]], None]) -> RuntimeProcess:
        """Start a program; `received` is called with what it writes. Raises OSError."""
        pipe = LogPipe(received)
        mark = f"{_MARK}={program.variables.get(_MARK, '')} {pipe.inode}"
        try:
            process = await launcher.start(program, pipe.write_fd, mark)
        except BaseException:
            pipe.close()
            raise
        pipe.handed_over()
        return cls(launcher, process, pipe, mark)

    def drain(self) -> None:
        """Pass on everything that the process has written until now, an unfinished line included."""
        self._pipe.drain()
        self._pipe.finish_line()

    def kill(self) -> None:
        """Kill the process and all its children."""
        self._launcher.kill(self.pid)

    def freeze(self) -> None:
        """Stop the process group where it stands."""
        self._frozen = True
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen group go on."""
        if self._frozen:
            self._frozen = False
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(OSError):
            os.killpg(self.pid, number)

    def close(self) -> None:
        """Kill what is left of the group and pass on the last output."""
        self.kill()
        self.drain()
        self._pipe.close()

    async def sweep(self) -> None:
        """Kill what the function started in sessions of its own; when this returns, nothing of it is left."""
        await self._launcher.sweep(self._mark)

    def kill_at(self, limit_mb: int) -> None:
        """Kill the process for having reached a limit of its memory."""
        self._peak_mb = limit_mb
        self.kill()

    def peak_memory_mb(self, *, anew: bool = True) -> int:
        """The largest resident size so far, 0 where the platform has no /proc. Asking `anew` costs 50 µs."""
        if anew or not self._peak_mb:
            self._peak_mb = memory.peak_mb(self.pid) or self._peak_mb
        return self._peak_mb
