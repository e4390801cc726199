"""Messages to a WebSocket route that a function answers by its route response."""

from __future__ import annotations

import time

from benchmarks.errors import Unfit
from benchmarks.load import Operation, Samples
from benchmarks.measure import Bench, Figure, Measure, Run, at_least, at_most
from benchmarks.stats import median
from benchmarks.websocket import WebSocket, text, websockets

CLIENTS = 32
_MESSAGE = '{"action":"echo","text":"' + "x" * 100 + '"}'
_FRAME = text(_MESSAGE)


def echo(socket: WebSocket) -> Operation:
    """One message and its answer."""
    expected = _MESSAGE.encode()

    async def operation() -> None:
        answer = await socket.ask(_FRAME)
        if answer != expected:
            raise Unfit(f"the echo was {answer[:200].decode(errors='replace')}")

    return operation


async def _first(bench: Bench) -> Run:
    """The first message to a function without an environment, and the nine after it."""
    url = bench.deployment.echo_api.url
    bench.deployment.renew("echo")
    async with websockets(url, 1) as [socket]:
        operation, times = echo(socket), [time.perf_counter()]
        for _ in range(10):
            await operation()
            times.append(time.perf_counter())
    first, tenth = times[1] - times[0], times[10] - times[9]
    return Run({"excess": (first - tenth) * 1000})


async def _load(bench: Bench, clients: int) -> Samples:
    async with websockets(bench.deployment.echo_api.url, clients) as sockets:
        return await bench.load([echo(socket) for socket in sockets])


async def _one(bench: Bench) -> Run:
    samples = await _load(bench, 1)
    return Run.of(samples, p50=samples.percentile_ms(50), p99=samples.percentile_ms(99))


async def _many(bench: Bench) -> Run:
    samples = await _load(bench, CLIENTS)
    return Run.of(samples, rate=samples.rate, p99=samples.percentile_ms(99))


async def latency_ms(bench: Bench, socket: WebSocket) -> float:
    """The median of repeated windows' median latency of one client."""
    return median([(await bench.load([echo(socket)])).percentile_ms(50) for _ in range(bench.effort.runs)])


FIRST = Measure(
    "first-message",
    _first,
    (Figure("excess", "first message, beyond the tenth", at_most(100, "ms")),),
)
ECHO = Measure(
    "echo",
    _one,
    (
        Figure("p50", "echo, one client, p50", at_most(0.6, "ms")),
        Figure("p99", "echo, one client, p99", at_most(2, "ms")),
    ),
)
ECHO_MANY = Measure("echo-32", _many, (Figure("rate", f"echo, {CLIENTS} clients", at_least(3000, "/s")),))
