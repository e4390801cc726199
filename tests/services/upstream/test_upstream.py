"""Requests reach the upstream as they were sent, and its silence becomes an error that names it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Caller, Request
from cloudrig.engine.names import Scope
from cloudrig.services.upstream.upstream import HttpUpstream


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """A server that answers with what it was sent."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        headers = {"X-Saw": f"{request.method} {request.raw_path}", "Content-Encoding": "gzip"}
        return web.Response(status=207, body=repr(dict(request.headers)).encode() + b"|" + body, headers=headers)

    server = web.Server(answer, auto_decompress=False)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def request(path: str, query: str = "", account: str = "000000000000", **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        "PUT", path, query, CIMultiDictProxy(CIMultiDict(given)), b"\x1f\x8bbody", caller=Caller(Scope(account))
    )


async def test_path_query_headers_and_body_pass_unchanged(echo: str) -> None:
    upstream = HttpUpstream(echo)
    await upstream.start()
    answer = await upstream.forward(
        request("/bucket/a%2Fb%20c", "x=%2B&y", Host="bucket.s3.localhost", Authorization="AWS4 …", Connection="close")
    )
    await upstream.close()
    assert answer.status == 207
    assert answer.headers["X-Saw"] == "PUT /bucket/a%2Fb%20c?x=%2B&y"
    assert b"'Host': 'bucket.s3.localhost'" in answer.body
    assert b"'Authorization': 'AWS4" in answer.body
    assert b"'Connection': 'close'" not in answer.body
    assert answer.body.endswith(b"|\x1f\x8bbody"), "a compressed body is passed on, not unpacked"


async def test_a_head_is_told_how_long_a_get_would_be() -> None:
    """`ContentLength` of `HeadObject`: the one answer whose length is not that of its body."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(headers={"Content-Length": "12345"})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream = HttpUpstream(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await upstream.start()
    answered = await upstream.forward(replace(request("/bucket/key"), method="HEAD", body=b""))
    await upstream.close()
    await runner.cleanup()
    assert answered.headers["Content-Length"] == "12345"


async def test_another_account_is_told_to_moto(echo: str) -> None:
    upstream = HttpUpstream(echo)
    await upstream.start()
    answer = await upstream.forward(request("/", account="123456789012"))
    await upstream.close()
    assert b"'x-moto-account-id': '123456789012'" in answer.body


async def test_silence_is_an_error_that_names_the_upstream() -> None:
    upstream = HttpUpstream("http://127.0.0.1:9")
    await upstream.start()
    with pytest.raises(UpstreamUnavailable, match=r"http://127\.0\.0\.1:9"):
        await upstream.forward(request("/"))
    await upstream.close()
