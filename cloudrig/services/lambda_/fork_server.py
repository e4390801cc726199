"""Starts environments as forks of a process that has imported their libraries (`template.py`).

A fork must be told from a fresh process by nothing but its speed. So whatever a fork cannot be given is a reason to
start the ordinary way (`fits`), and so is a template that is not ready: killed, it comes back with the next start.
A template exists on Linux only: elsewhere, libraries of the system do not survive a fork.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from cloudrig.engine.processes import Processes
from cloudrig.services.lambda_.program import Program, Template
from cloudrig.services.lambda_.tasks import Tasks

log = logging.getLogger(__name__)

_RESTART_AFTER_S = 1.0
_FORK_LIMIT_S = 10.0
"""A template that takes longer for a fork hangs: it is killed, and another takes its place."""
_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC_", "GLIBC_", "OPENSSL_")
"""Beginnings of variables that an interpreter, or a library it has loaded, reads only while it starts."""


class Fork:
    """A process that a template forked. Its end is heard of through the template, or without it if that is gone."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(self, return_code: int) -> None:
        if not self.exited.done():
            self.exited.set_result(return_code)

    def watch(self) -> None:
        """Wait for the process itself; how it ended cannot be known then and passes for a kill."""
        try:
            fd = os.pidfd_open(self.pid)
        except OSError:
            self.end(-9)
            return
        loop = asyncio.get_running_loop()

        def ended() -> None:
            loop.remove_reader(fd)
            os.close(fd)
            self.end(-9)

        loop.add_reader(fd, ended)


class ForkServer:
    """One template process and its forks. `fork` starts it where it does not run."""

    def __init__(self, template: Template, processes: Processes, tasks: Tasks) -> None:
        self._template = template
        self._processes = processes
        self._tasks = tasks
        self._link: _Link | None = None
        self._not_before = 0.0
        self._given_up = False

    @property
    def pid(self) -> int | None:
        return self._link.pid if self._link is not None else None

    def prepare(self) -> None:
        """Have the template started, if it is not. One that never became ready is not tried again."""
        if self._link is None and not self._given_up and asyncio.get_running_loop().time() >= self._not_before:
            self._not_before = asyncio.get_running_loop().time() + _RESTART_AFTER_S
            self._link = _Link(self._processes)
            self._tasks.start(self._run(self._link))

    async def fork(self, program: Program, output: int) -> Fork | None:
        """Start a program as a fork that writes to the descriptor `output`; None where it cannot be one."""
        self.prepare()
        link = self._link
        if link is None or link.modules is None or not await asyncio.to_thread(fits, program, link.modules):
            return None
        return await link.fork(program, output)

    async def ready(self) -> None:
        """Return once the template can be forked from, or has failed."""
        self.prepare()
        if self._link is not None:
            await self._link.ready.wait()

    async def _run(self, link: _Link) -> None:
        try:
            return_code = await link.run(self._template)
        except OSError as error:
            return_code = 1
            log.warning("the process that functions are forked from did not start: %s", error)
        finally:
            link.close()
            self._link = None
        if link.modules is None and return_code > 0:  # it failed by itself; one that is killed comes back
            self._given_up = True
            log.warning("functions start without being forked, which takes longer: the template does not work here")


class _Link:
    """The engine's end of the socket to one template process."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._socket: socket.socket | None = None
        self._sending = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Fork | None]] = {}
        self._forks: dict[int, Fork] = {}
        self._received = b""
        self.pid: int | None = None
        self.modules: frozenset[str] | None = None
        """What the template has imported; None until it is ready."""
        self.ready = asyncio.Event()

    async def run(self, template: Template) -> int:
        """Start the process, stay until it ends and return how. Raises OSError."""
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        with theirs:
            fd = theirs.fileno()
            command: list[str | Path] = [*template.interpreter, template.script, str(fd)]
            process = await self._processes.start(command, env=template.variables, pass_fds=(fd,))
        self.pid = process.pid
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        try:
            return await process.wait()
        finally:
            self._processes.kill(process.pid)
            await process.wait()

    async def fork(self, program: Program, output: int) -> Fork | None:
        number = next(self._numbers)  # never one that was used: its fork may still come
        script, *arguments = program.command[len(program.template.interpreter if program.template else ()) :]
        request = {
            "id": number,
            "script": script,
            "arguments": arguments,
            "variables": dict(program.variables),
            "directory": str(program.directory),
        }
        asked: asyncio.Future[Fork | None] = asyncio.get_running_loop().create_future()
        self._asked[number] = asked
        try:
            async with asyncio.timeout(_FORK_LIMIT_S):
                await self._send(json.dumps(request).encode() + b"\n", output)
                return await asked
        except TimeoutError:
            log.warning("the process that functions are forked from does not answer; it is started again")
            if self.pid is not None:
                self._processes.kill(self.pid)
            return None
        except OSError:
            return None
        finally:
            del self._asked[number]

    def close(self) -> None:
        """The process is gone: hear what it said last, answer who waits for it, and watch its forks without it."""
        if self._socket is not None:
            self._read()
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        self.ready.set()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_result(None)
        for fork in self._forks.values():
            fork.watch()

    async def _send(self, data: bytes, output: int) -> None:
        async with self._sending:
            if self._socket is None:
                raise BrokenPipeError
            sent = socket.send_fds(self._socket, [data], [output])
            if sent < len(data):
                await asyncio.get_running_loop().sock_sendall(self._socket, data[sent:])

    def _read(self) -> None:
        if self._socket is None:
            return
        with suppress(OSError):
            while data := self._socket.recv(65536):
                *lines, self._received = (self._received + data).split(b"\n")
                for line in lines:
                    self._hear(json.loads(line))
            asyncio.get_running_loop().remove_reader(self._socket)

    def _hear(self, message: dict[str, Any]) -> None:
        if "modules" in message:
            self.modules = frozenset(message["modules"])
            self.ready.set()
        elif "exit" in message:
            fork = self._forks.pop(message["pid"])
            fork.end(message["exit"])
        else:
            self._forked(message["id"], message["pid"])

    def _forked(self, number: int, pid: int) -> None:
        fork = self._forks[pid] = Fork(pid)
        self._processes.adopt(pid)
        asked = self._asked.get(number)
        if asked is not None and not asked.done():
            asked.set_result(fork)
        else:
            self._processes.kill(pid)  # nobody waits for it any more


def fits(program: Program, modules: frozenset[str]) -> bool:
    """Whether a fork would be what the program's own process is. Blocks on the file system.

    Not where its variables bear on an interpreter's start, and not where it brings modules that the template has
    imported from elsewhere (its own boto3), or libraries for the dynamic linker to find.
    """
    template, variables = program.template, program.variables
    if template is None:
        return False
    own = (name for name in variables if variables[name] != template.variables.get(name))
    if any(name.startswith(_READ_AT_START) for name in own if name not in ("PYTHONPATH", "LD_LIBRARY_PATH")):
        return False
    searched = [str(program.directory), *variables.get("PYTHONPATH", "").split(":")]
    brought = (name for path in searched if Path(path) != template.packages for name in _names(path))
    if any(name.partition(".")[0] in modules for name in brought):
        return False
    linked = (name for path in variables.get("LD_LIBRARY_PATH", "").split(":") for name in _names(path))
    return not any(name.startswith("lib") and ".so" in name for name in linked)


def _names(directory: str) -> Iterator[str]:
    """The entries of a directory; none of one that is not there."""
    with suppress(OSError):
        yield from (entry.name for entry in Path(directory).iterdir())
