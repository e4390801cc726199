"""Connections that come and go: whether the engine's memory is where it was when they have gone."""

from __future__ import annotations

import time

from benchmarks.measure import Bench, Figure, Measure, Run, at_least, at_most
from benchmarks.stats import median
from benchmarks.usage import read_usage, resident_kb
from benchmarks.websocket import websockets

TOGETHER = 100
"""Clients that are open at once."""
PARTS = 10


async def _churn(bench: Bench) -> Run:
    """Open and close, in ten parts; memory by the median part: what the engine loads once (a client for CloudWatch, a
    minute after its first request) is no growth.
    """
    rounds = max(bench.effort.churned // TOGETHER // PARTS, 1)
    await _rounds(bench, rounds)
    used, began = read_usage(bench.endpoint.pid), time.perf_counter()
    grown_kb: list[float] = []
    for _ in range(PARTS):
        before_kb = _resident_kb(bench)
        await _rounds(bench, rounds)
        grown_kb.append(_resident_kb(bench) - before_kb)
    count = rounds * TOGETHER * PARTS
    figures = {"rate": count / (time.perf_counter() - began)}
    if bench.endpoint.pid is not None:
        figures["growth"] = median(grown_kb) * PARTS / 1024
    return Run(figures, count, read_usage(bench.endpoint.pid).since(used))


async def _rounds(bench: Bench, rounds: int) -> None:
    for _ in range(rounds):
        async with websockets(bench.deployment.echo_api.url, TOGETHER):
            pass


def _resident_kb(bench: Bench) -> float:
    return resident_kb(bench.endpoint.pid) if bench.endpoint.pid is not None else 0.0


CHURN = Measure(
    "churn",
    _churn,
    (
        Figure("rate", "connections opened and closed", at_least(800, "/s")),
        Figure("growth", "engine's memory after 50,000 of them", at_most(2, "MB")),
    ),
    once=True,
)
