"""The HTTP client of integrations, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cloudrig.services.apigateway.backends import (
    BackendTimeout,
    BackendUnreachable,
    HttpBackends,
    UnusableAddress,
)


@pytest.fixture
async def backends() -> AsyncIterator[HttpBackends]:
    made = HttpBackends()
    yield made
    await made.close()


async def test_an_answer_is_as_it_is_on_the_wire(backends: HttpBackends) -> None:
    """No redirect is followed, no cookie kept, no path decoded."""

    async def redirect(request: web.Request) -> web.Response:
        cookies = request.headers.get("Cookie", "none")
        headers = {"Location": "/elsewhere", "Set-Cookie": "a=b"}
        return web.Response(status=302, text=f"{request.raw_path} {cookies} {await request.text()}", headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", redirect)
    async with TestServer(app, host="127.0.0.1") as server:
        for _ in range(2):
            url = f"http://127.0.0.1:{server.port}/a%2Fb?q=%20"
            answer = await backends.ask("PUT", url, {"X-A": "b"}, b"body", 5)
            assert (answer.status, answer.selector) == (302, "302")
            assert answer.body == b"/a%2Fb?q=%20 none body"
            assert answer.headers["Location"] == "/elsewhere"


async def test_nobody_there(backends: HttpBackends) -> None:
    with pytest.raises(BackendUnreachable):
        await backends.ask("GET", "http://127.0.0.1:1/", {}, b"", 5)


async def test_an_answer_without_end_is_not_kept(backends: HttpBackends) -> None:
    """AG `limits.html`: payloads of 10 MB."""

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        with suppress(ConnectionError):
            while True:
                await answer.write(bytes(65536))
        return answer

    app = web.Application()
    app.router.add_get("/", endless)
    async with TestServer(app, host="127.0.0.1") as server:
        with pytest.raises(BackendUnreachable, match="more than"):
            await backends.ask("GET", f"http://127.0.0.1:{server.port}/", {}, b"", 30)


async def test_no_answer_in_time(backends: HttpBackends) -> None:
    server = await asyncio.start_server(lambda reader, writer: asyncio.sleep(5), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(BackendTimeout):
        await backends.ask("GET", f"http://127.0.0.1:{port}/", {}, b"", 0.05)
    server.close()


@pytest.mark.parametrize("url", ["", "http://[bad", "nothing"])
async def test_no_address(backends: HttpBackends, url: str) -> None:
    with pytest.raises((UnusableAddress, BackendUnreachable)):
        await backends.ask("GET", url, {}, b"", 5)
