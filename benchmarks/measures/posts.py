"""PostToConnection: signed requests on kept connections, each delivered to a WebSocket."""

from __future__ import annotations

import asyncio
import time

from benchmarks.errors import Unfit
from benchmarks.link import Link, http_links
from benchmarks.load import Operation
from benchmarks.measure import Bench, Figure, Measure, Run, at_least
from benchmarks.websocket import WebSocket, text, websockets

CALLERS = 16
DELIVERY_S = 5.0
_MESSAGE = "x" * 100
_WHO_AM_I = text('{"action":"whoami"}')


async def _post(bench: Bench, callers: int) -> Run:
    """Callers that post, each to a connection of its own; then all that was posted must have arrived."""
    api = bench.deployment.echo_api
    async with websockets(api.url, callers) as sockets, http_links(api.callback_url, callers) as links:
        ids = [(await socket.ask(_WHO_AM_I)).decode() for socket in sockets]
        requests = [bench.deployment.post_request(connection_id, _MESSAGE) for connection_id in ids]
        samples = await bench.load([_caller(*pair) for pair in zip(links, requests, strict=True)])
        await _expect(sockets, sum(link.received for link in links) + len(ids))
    return Run.of(samples, rate=samples.rate)


def _caller(link: Link, request: bytes) -> Operation:
    async def post() -> None:
        answer = await link.ask(request)
        if answer.status != 200:
            raise Unfit(f"a post was answered {answer.status} {answer.body[:100].decode(errors='replace')}")

    return post


async def _expect(sockets: list[WebSocket], total: int) -> None:
    """Wait for what is under way. Raises Unfit where messages are missing."""
    deadline = time.monotonic() + DELIVERY_S
    while (missing := total - sum(socket.received for socket in sockets)) > 0:
        if time.monotonic() > deadline:
            raise Unfit(f"{missing} of {total} messages did not arrive")
        await asyncio.sleep(0.01)


async def _one(bench: Bench) -> Run:
    return await _post(bench, 1)


async def _many(bench: Bench) -> Run:
    return await _post(bench, CALLERS)


POST = Measure("post", _one, (Figure("rate", "PostToConnection, one caller", at_least(4000, "/s")),))
POST_MANY = Measure("post-16", _many, (Figure("rate", f"PostToConnection, {CALLERS} callers", at_least(8000, "/s")),))
