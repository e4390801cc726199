"""The default upstream: moto in a child process of the rig, started in parallel with the engine."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import DEFAULT_ACCOUNT, Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.upstream.upstream import HttpUpstream

_START_TIMEOUT_S = 60


class Moto:
    """Implements `interfaces.Upstream`. Requests that arrive before moto listens wait for it."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._starting: asyncio.Task[HttpUpstream] | None = None

    @property
    def url(self) -> str:
        """Raises UpstreamUnavailable while moto is still starting."""
        if self._starting is None or not self._starting.done():
            raise UpstreamUnavailable("moto is still starting")
        return self._starting.result().url

    async def start(self) -> None:
        """Begin to start moto; returns before it listens."""
        self._starting = asyncio.create_task(self._start())

    async def close(self) -> None:
        if self._starting is None:
            return
        if not self._starting.done():
            self._starting.cancel()
        for upstream in await asyncio.gather(self._starting, return_exceptions=True):
            if isinstance(upstream, HttpUpstream):
                await upstream.close()

    async def forward(self, request: Request) -> Response:
        return await (await self._ready()).forward(request)

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        return await (await self._ready()).call(service, operation, scope, **members)

    async def _ready(self) -> HttpUpstream:
        assert self._starting is not None, "start() first"
        return await asyncio.shield(self._starting)

    async def _start(self) -> HttpUpstream:
        process = await self._processes.start(
            [sys.executable, "-m", "cloudrig.services.upstream.moto_server"],
            env=_environment(),
            cwd=Path(__file__).parents[3],
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                line = await process.stdout.readline()
            port = int(line)
        except (TimeoutError, ValueError):
            self._processes.kill(process.pid)
            raise UpstreamUnavailable("moto did not start; its error is above in the rig's log") from None
        upstream = HttpUpstream(f"http://127.0.0.1:{port}")
        await upstream.start()
        return upstream


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
