"""Starts programs: as forks where a template fits, else as processes of their own."""

from __future__ import annotations

import asyncio
import os
import resource
from contextlib import suppress
from dataclasses import dataclass

from cloudrig.engine.processes import Processes
from cloudrig.services.lambda_.fork_server import ForkServer
from cloudrig.services.lambda_.program import Program, Template
from cloudrig.services.lambda_.tasks import Tasks

OPEN_FILES = 1024
"""File descriptors of an environment's processes, each: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


@dataclass(frozen=True, slots=True)
class Started:
    """A running process, leader of a process group. `exited` is done with its return code."""

    pid: int
    exited: asyncio.Future[int]


class Launcher:
    """Starts what environments run, and ends it. One fork server for each template that programs name."""

    def __init__(self, processes: Processes, tasks: Tasks) -> None:
        self._processes = processes
        self._tasks = tasks
        self._servers: dict[Template, ForkServer] = {}

    def prepare(self, template: Template) -> ForkServer:
        """Have a template's process started before the first program needs it."""
        server = self._servers.get(template)
        if server is None:
            server = self._servers[template] = ForkServer(template, self._processes, self._tasks)
        server.prepare()
        return server

    async def start(self, program: Program, output: int, mark: str) -> Started:
        """Start a program with its standard output, standard error and telemetry on one descriptor. Raises OSError.

        What it starts bears the `mark` (engine/guard.py).
        """
        started = await self._start(program, output, mark)
        _limit(started.pid)
        return started

    async def _start(self, program: Program, output: int, mark: str) -> Started:
        self._processes.mark(mark)
        if program.template is not None:
            fork = await self.prepare(program.template).fork(program, output)
            if fork is not None:
                return Started(fork.pid, fork.exited)
        try:
            process = await self._processes.start(
                program.command,
                env={**program.variables, "_LAMBDA_TELEMETRY_LOG_FD": str(output)},
                cwd=program.directory,
                stdout=output,
                stderr=output,
                pass_fds=(output,),
            )
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
            raise OSError(f"fork/exec {program.command[0]}: {reason}") from error  # in the words of AWS, which is Go's
        return Started(process.pid, asyncio.ensure_future(process.wait()))

    def kill(self, pid: int) -> None:
        """Kill a process that `start` started, and its process group."""
        self._processes.kill(pid)

    async def sweep(self, mark: str) -> None:
        """Kill what is left of a program that was started with this mark, in whatever session it is."""
        await self._processes.sweep(mark)


def _limit(pid: int) -> None:
    """Give a process no more than a function has on AWS. Linux only: elsewhere it has what the machine gives."""
    if hasattr(resource, "prlimit"):
        with suppress(ProcessLookupError):
            _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            limit = min(OPEN_FILES, most)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, limit))
