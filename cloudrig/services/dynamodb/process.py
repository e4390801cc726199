"""One dynoxide process: started, watched, and started again with the same file whenever it ends.

dynoxide commits to SQLite (WAL, synchronous=FULL) before it answers, so a process that was killed has lost nothing it
acknowledged; the next one finds it in the file.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

from cloudrig.engine.enduring import Enduring
from cloudrig.engine.processes import Processes
from cloudrig.services.dynamodb.client import Client
from cloudrig.services.dynamodb.errors import InternalServerError

log = logging.getLogger(__name__)

START_TIMEOUT_S = 15.0
START_ATTEMPTS = 5
REPLACEMENT_TIMEOUT_S = 2.0
_LONGEST_LINE_BYTES = 4096


class Dynoxide:
    """The process behind one database file."""

    def __init__(self, binary: Path, database: Path, processes: Processes) -> None:
        self._binary = binary
        self._database = database
        self._processes = processes
        self._process: asyncio.subprocess.Process | None = None
        self._client: Client | None = None
        self._changed = asyncio.Event()
        self._failure: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether a client can be had at once."""
        return self._client is not None

    async def start(self) -> None:
        """Start the process. Raises InternalServerError, with what dynoxide said, when it will not run."""
        await self._start_until_it_runs()
        self._spawn(self._watch())

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stop()

    async def client(self) -> Client:
        """The client of the running process; waits for one that is being started."""
        while self._client is None:
            if self._failure is not None:
                raise InternalServerError(self._failure)
            await self._changed.wait()
        return self._client

    async def replaced(self, client: Client) -> None:
        """Wait until the process behind a client that failed has been replaced.

        Not for long: a connection may break alone.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(REPLACEMENT_TIMEOUT_S):
                while self._client is client:
                    await self._changed.wait()

    async def _watch(self) -> None:
        """Start it again whenever it ends, and until that works: a full disk may have room one day."""
        going_on = Enduring("the database", foreseen=(InternalServerError,))
        while True:
            async with going_on:
                if self._client is not None and self._process is not None:
                    status = await self._process.wait()
                    log.warning("dynoxide %d ended with status %d; starting it again", self._process.pid, status)
                await self._stop()
                await self._start_until_it_runs()

    async def _start_until_it_runs(self) -> None:
        said = ""
        for _ in range(START_ATTEMPTS):
            try:
                said = await self._launch()
            except OSError as error:  # no process, or no port to be had
                said = str(error)
            if self._client is not None:
                self._failure = None
                return
        self._failure = f"dynoxide does not start on {self._database}: {said}"
        self._announce()
        raise InternalServerError(self._failure)

    async def _launch(self) -> str:
        """Start the process on a free port; returns what it said when it did not come up."""
        host, port = _free_address()
        address = ["--host", host, "--port", str(port)]
        command: list[str | Path] = [self._binary, "serve", *address, "--db-path", self._database]
        self._process = await self._processes.start(
            command, env={}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        said = await self._first_words(self._process)
        if "listening" in said:
            self._spawn(self._keep_reading(self._process))
            self._client = Client(host, port)
            self._announce()
        else:
            await self._stop()
        return said

    async def _first_words(self, process: asyncio.subprocess.Process) -> str:
        assert process.stderr is not None
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                return (await process.stderr.readline()).decode("utf-8", "replace").strip()
        except TimeoutError:
            return f"nothing within {START_TIMEOUT_S:.0f} s"

    async def _keep_reading(self, process: asyncio.subprocess.Process) -> None:
        """Log what dynoxide says; a pipe that nobody reads would stop it one day. Of a long line the end is enough."""
        assert process.stderr is not None
        begun = b""
        while received := await process.stderr.read(_LONGEST_LINE_BYTES):
            *lines, begun = (begun + received).split(b"\n")
            for line in lines:
                said = line[-_LONGEST_LINE_BYTES:].decode("utf-8", "replace").rstrip()
                log.warning("dynoxide %d: %s", process.pid, said)
            begun = begun[-_LONGEST_LINE_BYTES:]

    async def _stop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
            self._announce()
        if self._process is not None:
            self._processes.kill(self._process.pid)
            await self._process.wait()

    def _announce(self) -> None:
        """Wake everyone who waits for a client or the news that there will be none."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _free_address() -> tuple[str, int]:
    """A loopback address and a free port of it, for this process alone.

    dynoxide lets web pages of any origin do anything (CORS), so where the system has all of 127.0.0.0/8, as Linux, the
    address is one that no page can guess. dynoxide takes `--port 0` but does not tell which one it got: should another
    process take the port first, dynoxide ends and the next attempt has another.
    """
    with socket.socket() as probe:
        try:
            probe.bind((".".join(["127", *(str(secrets.randbelow(254) + 1) for _ in range(3))]), 0))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
        return host, port
