"""Many open connections: whether they are held, what they cost the engine, and whether others notice them."""

from __future__ import annotations

import asyncio
import resource
from contextlib import AsyncExitStack

from benchmarks.errors import Unfit
from benchmarks.measure import Bench, Figure, Measure, Run, at_least, at_most
from benchmarks.measures.messages import latency_ms
from benchmarks.usage import resident_kb
from benchmarks.websocket import WebSocket, websockets

CONNECTIONS = 10_000
_SPARE_FILES = 200


async def _idle(bench: Bench) -> Run:
    """Open more and more, with one client sending messages at each number; then wait and count."""
    _check_files(max(bench.effort.connections))
    url = bench.deployment.echo_api.url
    latencies_ms: list[float] = []
    async with AsyncExitStack() as stack:
        [sender] = await stack.enter_async_context(websockets(url, 1))
        await latency_ms(bench, sender)
        before_kb = _resident_kb(bench)
        sockets: list[WebSocket] = []
        for number in bench.effort.connections:
            sockets += await stack.enter_async_context(websockets(url, number - len(sockets)))
            latencies_ms.append(await latency_ms(bench, sender))
        grown_kb = _resident_kb(bench) - before_kb
        await asyncio.sleep(bench.effort.hold_s)
        held = sum(socket.is_open for socket in sockets)
    figures = {"held": held, "dropped": len(sockets) - held, "growth": latencies_ms[-1] / latencies_ms[0]}
    return Run(figures | ({"memory": grown_kb / len(sockets)} if bench.endpoint.pid is not None else {}))


def _resident_kb(bench: Bench) -> float:
    return resident_kb(bench.endpoint.pid) if bench.endpoint.pid is not None else 0.0


def _check_files(connections: int) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit < connections + _SPARE_FILES:
        raise Unfit(f"{connections:,} connections need as many open files; the limit is {limit:,} (ulimit -n)")


IDLE = Measure(
    "idle",
    _idle,
    (
        Figure("held", "idle connections held", at_least(CONNECTIONS, "")),
        Figure("dropped", "idle connections dropped", at_most(0, "")),
        Figure("memory", "engine's memory per idle connection", at_most(20, "KB")),
        Figure("growth", f"echo p50, {CONNECTIONS:,} open ÷ 100 open", at_most(1.25, "×")),
    ),
    once=True,
)
