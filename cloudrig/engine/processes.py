"""Child processes that never outlive the engine, however it ends.

Every child leads a process group of its own. A small guard process reads a pipe: the engine tells it each group that
starts and ends; when the engine dies, even by SIGKILL, the pipe closes and the guard kills what is left. It also finds
descendants that left their group, by a mark that they bear (`guard.py`). A guard that is killed itself is replaced.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from cloudrig.engine.enduring import Enduring

log = logging.getLogger(__name__)

_GUARD_LIMIT_S = 5.0
"""How long the guard may take for what it is asked before nobody waits for it any more."""
_GUARD = Path(__file__).with_name("guard.py")


class Processes:
    """Starts and kills the children of one rig; an async context manager."""

    def __init__(self) -> None:
        self._guard: asyncio.subprocess.Process | None = None
        self._groups: set[int] = set()
        self._marks: set[str] = set()
        self._leaving = False
        self._sweeps: dict[bytes, asyncio.Future[None]] = {}
        self._answers: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Processes:
        await self._start_guard()
        self._answers = asyncio.create_task(self._hear())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        for group in tuple(self._groups):
            self.kill(group)
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            try:
                async with asyncio.timeout(_GUARD_LIMIT_S):
                    await self._guard.wait()
            except TimeoutError:  # there is nothing left for it to do
                self._guard.kill()
                await self._guard.wait()
        if self._answers is not None:
            self._answers.cancel()
            await asyncio.gather(self._answers, return_exceptions=True)

    async def start(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        pass_fds: Sequence[int] = (),
        longest_line_bytes: int = 2**16,
    ) -> asyncio.subprocess.Process:
        """Start a program as leader of its own process group, with exactly this environment and no standard input."""
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            env=dict(env),
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            limit=longest_line_bytes,
        )
        self.adopt(process.pid)
        return process

    @property
    def groups(self) -> frozenset[int]:
        """The process groups in charge."""
        return frozenset(self._groups)

    def adopt(self, group: int) -> None:
        """Take charge of a process group that a child started (a fork server's children)."""
        self._groups.add(group)
        self._tell("+", group)

    def kill(self, group: int) -> None:
        """Kill a process group, whether or not its leader is still alive. The caller waits for its own children."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        self._groups.discard(group)
        self._tell("-", group)

    def mark(self, mark: str) -> None:
        """Have everything that bears a mark (`guard.py`) killed when the engine dies."""
        self._marks.add(mark)
        self._tell("*", mark)

    async def sweep(self, mark: str) -> None:
        """Kill everything that bears a mark; when this returns, nothing does, unless the guard hangs. Only on Linux."""
        if self._answers is None or self._answers.done():
            return
        number = str(max(map(int, self._sweeps), default=0) + 1).encode()
        swept = self._sweeps[number] = asyncio.get_running_loop().create_future()
        self._marks.discard(mark)
        self._tell("!", f"{number.decode()} {mark}")
        try:
            async with asyncio.timeout(_GUARD_LIMIT_S):
                await swept
        except TimeoutError:
            log.warning("the guard does not answer; processes that a function left behind may still be there")
            self._sweeps.pop(number, None)

    async def _start_guard(self) -> None:
        """Start a guard, and tell it what there is to look after."""
        self._guard = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_GUARD)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={},
        )
        for group in self._groups:
            self._tell("+", group)
        for mark in self._marks:
            self._tell("*", mark)

    async def _hear(self) -> None:
        """Pass on the guard's answers; when it is gone, nobody waits for one any more, and another takes its place."""
        going_on = Enduring("the guard of child processes")
        while not self._leaving:
            async with going_on:
                await self._hear_out()
                if not self._leaving:
                    log.warning("the guard of child processes ended; another takes its place")
                    await self._start_guard()

    async def _hear_out(self) -> None:
        try:
            if self._guard is not None and self._guard.stdout is not None:
                async for line in self._guard.stdout:
                    if (swept := self._sweeps.pop(line.strip(), None)) is not None:
                        _finish(swept)
        finally:
            for swept in self._sweeps.values():
                _finish(swept)

    def _tell(self, sign: str, what: int | str) -> None:
        if self._guard is not None and self._guard.stdin is not None and not self._guard.stdin.is_closing():
            self._guard.stdin.write(f"{sign}{what}\n".encode())


def _finish(swept: asyncio.Future[None]) -> None:
    if not swept.done():  # whoever waits for it may have been cancelled
        swept.set_result(None)
