"""The process of one environment, leader of a process group of its own: its output, its memory, its end."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cloudrig.engine.processes import Processes
from cloudrig.services.lambda_.logs import LogPipe

_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")


class RuntimeProcess:
    """A running runtime. Made by `start`; `close` when it is to be forgotten."""

    def __init__(self, processes: Processes, process: Process, pipe: LogPipe) -> None:
        self._processes = processes
        self._process = process
        self._pipe = pipe
        self._peak_mb = 0
        self.exited = asyncio.ensure_future(process.wait())
        """Done with the return code."""

    @classmethod
    async def start(
        cls,
        processes: Processes,
        command: Sequence[str],
        variables: Mapping[str, str],
        directory: Path,
        received: Callable[[list[str]], None],
    ) -> RuntimeProcess:
        """Start the process with its standard output, standard error and telemetry on one pipe. Raises OSError."""
        pipe = LogPipe(received)
        fd = pipe.write_fd
        try:
            process = await processes.start(
                command,
                env={**variables, "_LAMBDA_TELEMETRY_LOG_FD": str(fd)},
                cwd=directory,
                stdout=fd,
                stderr=fd,
                pass_fds=(fd,),
            )
        except BaseException:
            pipe.close()
            raise
        pipe.handed_over()
        return cls(processes, process, pipe)

    @property
    def pid(self) -> int:
        return self._process.pid

    def drain(self) -> None:
        """Pass on everything that the process has written until now, an unfinished line included."""
        self._pipe.drain()
        self._pipe.finish_line()

    def kill(self) -> None:
        """Kill the process and all its children."""
        self._processes.kill(self._process.pid)

    def close(self) -> None:
        """Kill what is left of the group and pass on the last output."""
        self.kill()
        self.drain()
        self._pipe.close()

    def peak_memory_mb(self) -> int:
        """The largest resident size so far, 0 where the platform has no /proc."""
        try:
            found = _PEAK.search(Path(f"/proc/{self._process.pid}/status").read_bytes())
        except OSError:
            found = None
        if found:
            self._peak_mb = -(-int(found.group(1)) // 1024)
        return self._peak_mb
