"""Handshakes that a `$connect` function decides about. Closing is not timed."""

from __future__ import annotations

import time

from benchmarks.measure import Bench, Figure, Measure, Run, at_least, at_most
from benchmarks.stats import median
from benchmarks.usage import read_usage
from benchmarks.websocket import websockets

CLIENTS = 64
_SINGLE_CONNECTS_PER_REPEAT = 20


async def _one_by_one(bench: Bench) -> Run:
    count = _SINGLE_CONNECTS_PER_REPEAT * bench.effort.repeats
    times_s = [await _storm(bench, 1) for _ in range(3 + count)][3:]
    return Run({"p50": median(times_s) * 1000})


async def _together(bench: Bench) -> Run:
    """Storms of new clients; the first one, in which environments start, does not count."""
    await _storm(bench, CLIENTS)
    before = read_usage(bench.endpoint.pid)
    times_s = [await _storm(bench, CLIENTS) for _ in range(bench.effort.repeats)]
    usage = read_usage(bench.endpoint.pid).since(before)
    connected = CLIENTS * bench.effort.repeats
    return Run({"rate": connected / sum(times_s)}, connected, usage)


async def _storm(bench: Bench, clients: int) -> float:
    """Connect so many clients at once, then close them; the seconds until the last was connected."""
    url = bench.deployment.door_api.url
    began = time.perf_counter()
    async with websockets(url, clients):
        return time.perf_counter() - began


CONNECT = Measure(
    "connect", _one_by_one, (Figure("p50", "connect, $connect function, one by one, p50", at_most(2.5, "ms")),)
)
CONNECT_MANY = Measure("connect-64", _together, (Figure("rate", f"connect, {CLIENTS} at once", at_least(800, "/s")),))
