"""`POST` to a REST API whose method is a Lambda proxy integration."""

from __future__ import annotations

from urllib.parse import urlsplit

from benchmarks.errors import Unfit
from benchmarks.link import Link, http_links, http_request
from benchmarks.load import Operation, Samples
from benchmarks.measure import Bench, Figure, Measure, Run, at_least, at_most

CLIENTS = 32
_BODY = b'{"text":"' + b"x" * 100 + b'"}'


def _client(link: Link, request: bytes) -> Operation:
    async def post() -> None:
        answer = await link.ask(request)
        if answer.status != 200 or answer.body != _BODY:
            raise Unfit(f"a POST was answered {answer.status} {answer.body[:100].decode(errors='replace')}")

    return post


async def _load(bench: Bench, clients: int) -> Samples:
    url = bench.deployment.rest_url
    request = http_request("POST", urlsplit(url), {"Content-Type": "application/json"}, _BODY)
    async with http_links(url, clients) as links:
        return await bench.load([_client(link, request) for link in links])


async def _one(bench: Bench) -> Run:
    samples = await _load(bench, 1)
    return Run.of(samples, p50=samples.percentile_ms(50))


async def _many(bench: Bench) -> Run:
    samples = await _load(bench, CLIENTS)
    return Run.of(samples, rate=samples.rate)


REST = Measure("rest", _one, (Figure("p50", "REST POST, Lambda proxy, one client, p50", at_most(1, "ms")),))
REST_MANY = Measure("rest-32", _many, (Figure("rate", f"REST POST, {CLIENTS} clients", at_least(2500, "/s")),))
