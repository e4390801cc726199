"""Lambda's Invoke by raw signed requests: warm, under load, cold; and the memory of an environment."""

from __future__ import annotations

import json
import time
from typing import Any

from benchmarks.errors import Unfit
from benchmarks.link import Link, http_links
from benchmarks.load import Operation, Samples
from benchmarks.measure import Bench, Figure, Measure, Run, at_least, at_most
from benchmarks.stats import median

CALLERS = 32
_EVENT = {"text": "x" * 100}


async def _invoke(link: Link, request: bytes) -> Any:
    """What the function returned. Raises Unfit where it failed or was not run."""
    answer = await link.ask(request)
    payload = json.loads(answer.body) if answer.status == 200 else None
    if payload is None or (isinstance(payload, dict) and "errorType" in payload):
        raise Unfit(f"Invoke was answered {answer.status} {answer.body[:200].decode(errors='replace')}")
    return payload


async def _load(bench: Bench, callers: int) -> Samples:
    request = bench.deployment.invoke_request("invoked", _EVENT)
    async with http_links(bench.endpoint.url, callers) as links:
        return await bench.load([_caller(link, request) for link in links])


def _caller(link: Link, request: bytes) -> Operation:
    async def invoke() -> None:
        if await _invoke(link, request) != _EVENT:
            raise Unfit("the function returned something else than its event")

    return invoke


async def _one(bench: Bench) -> Run:
    samples = await _load(bench, 1)
    return Run.of(samples, p50=samples.percentile_ms(50))


async def _many(bench: Bench) -> Run:
    samples = await _load(bench, CALLERS)
    return Run.of(samples, rate=samples.rate)


async def _cold(bench: Bench) -> Run:
    """Events for a function whose configuration has just changed."""
    times_s = [await _cold_start(bench) for _ in range(bench.effort.repeats)]
    return Run({"p50": median(times_s) * 1000})


async def _cold_start(bench: Bench) -> float:
    """Seconds from the request to the answer of a new environment."""
    bench.deployment.renew("cold")
    request = bench.deployment.invoke_request("cold", {})
    async with http_links(bench.endpoint.url, 1) as [link]:
        began = time.perf_counter()
        answer = await _invoke(link, request)
        seconds = time.perf_counter() - began
    if not answer["fresh"]:
        raise Unfit("a changed configuration does not start a new environment")
    return seconds


async def _memory(bench: Bench) -> Run:
    """What a function that imports boto3 sees of itself at its second event."""
    request = bench.deployment.invoke_request("cold", {})
    async with http_links(bench.endpoint.url, 1) as [link]:
        for _ in range(2):
            private_kb = (await _invoke(link, request))["private_kb"]
    if private_kb is None:
        raise Unfit("functions have no /proc to read")
    return Run({"private": private_kb / 1024})


INVOKE = Measure("invoke", _one, (Figure("p50", "Lambda Invoke, warm, p50", at_most(0.5, "ms")),))
INVOKE_MANY = Measure("invoke-32", _many, (Figure("rate", f"Lambda Invoke, {CALLERS} callers", at_least(3000, "/s")),))
COLD = Measure("cold", _cold, (Figure("p50", "cold start, function that imports boto3, p50", at_most(60, "ms")),))
MEMORY = Measure(
    "environment", _memory, (Figure("private", "idle environment with boto3, private memory", at_most(12, "MB")),)
)
