"""The default upstream: moto in a child process of the rig, started in parallel with the engine."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cloudrig.engine.enduring import Enduring
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import DEFAULT_ACCOUNT, Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.upstream.upstream import HttpUpstream

log = logging.getLogger(__name__)

_START_TIMEOUT_S = 60
_LONGEST_EVENT_BYTES = 8 * 1024 * 1024

Deliver = Callable[[str, bytes, str, str], None]
"""Takes a function's ARN, an event, the service that has it, and the ARN of what it has it for."""


class Moto:
    """Implements `interfaces.Upstream`. Requests that arrive before moto listens wait for it.

    moto that ends is started again; what it held in its memory is gone then, and the log says so.
    """

    def __init__(self, processes: Processes, deliver: Deliver | None = None) -> None:
        """`deliver` takes the events of moto's services for functions."""
        self._processes = processes
        self._deliver = deliver
        self._upstream: asyncio.Future[HttpUpstream] = asyncio.get_running_loop().create_future()
        self._running: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Raises UpstreamUnavailable while moto is still starting."""
        if not self._upstream.done():
            raise UpstreamUnavailable("moto is still starting")
        return self._upstream.result().url

    async def start(self) -> None:
        """Begin to start moto; returns before it listens."""
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if not self._upstream.done():
            self._upstream.cancel()
        elif self._upstream.exception() is None:
            await self._upstream.result().close()

    async def forward(self, request: Request) -> Response:
        return await (await self._ready()).forward(request)

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        return await (await self._ready()).call(service, operation, scope, **members)

    async def _ready(self) -> HttpUpstream:
        return await asyncio.shield(self._upstream)

    async def _run(self) -> None:
        """Start moto, and again whenever it ends or does not start."""
        going_on = Enduring("the start of moto", foreseen=(UpstreamUnavailable,))
        while True:
            async with going_on:
                await self._run_once()

    async def _run_once(self) -> None:
        if self._upstream.done():
            self._upstream = asyncio.get_running_loop().create_future()
        try:
            process, upstream = await self._start()
        except Exception as error:
            self._upstream.set_exception(UpstreamUnavailable(f"moto does not start: {error}"))
            self._upstream.exception()  # looked at here for where nobody asks moto for anything
            raise
        self._upstream.set_result(upstream)
        try:
            await self._hear(process)
            status = await process.wait()
        finally:
            await self._end(process)
        self._upstream = asyncio.get_running_loop().create_future()
        log.error(
            "moto ended with status %d and is started again; the buckets, roles, parameters and log groups it held"
            " are lost: 'make up' deploys them again",
            status,
        )
        await upstream.close()

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        """Pass on what is to be invoked, until moto ends."""
        assert process.stdout is not None
        async for line in process.stdout:
            try:
                self._pass_on(line)
            except Exception:  # one event is lost; with moto everything would be
                log.exception("what moto told cannot be passed on: %s", line[:200])

    def _pass_on(self, line: bytes) -> None:
        told = json.loads(line)
        if self._deliver is not None:
            payload = json.dumps(told["payload"], separators=(",", ":")).encode()
            self._deliver(told["function"], payload, told["principal"], told["source"])

    async def _start(self) -> tuple[asyncio.subprocess.Process, HttpUpstream]:
        process = await self._processes.start(
            [sys.executable, "-m", "cloudrig.services.upstream.moto_server"],
            env=_environment(),
            cwd=Path(__file__).parents[3],
            stdout=asyncio.subprocess.PIPE,
            longest_line_bytes=_LONGEST_EVENT_BYTES,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                line = await process.stdout.readline()
            port = int(line)
        except (TimeoutError, ValueError):
            await self._end(process)
            raise UpstreamUnavailable("its error is above in the rig's log") from None
        except asyncio.CancelledError:
            await self._end(process)
            raise
        upstream = HttpUpstream(f"http://127.0.0.1:{port}")
        await upstream.start()
        return process, upstream

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Kill it, and stay until it has gone and its pipe is closed."""
        self._processes.kill(process.pid)
        await process.communicate()


def _environment() -> dict[str, str]:
    """What moto gets of the host's environment: enough to run Python, no credentials."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {
        **kept,
        "MOTO_ACCOUNT_ID": DEFAULT_ACCOUNT,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PYTHONUNBUFFERED": "1",
    }
