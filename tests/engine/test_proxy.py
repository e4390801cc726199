"""The rehearsal's proxy: AWS's names lead to the rig, and no other leads anywhere."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from cloudrig.engine.proxy import DOMAINS, Proxy
from cloudrig.engine.tls import HostCertificates, ensure_certificates


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[Proxy]:
    """In front of a server that answers with the host and path it was asked for."""

    async def echo(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"{request.scheme} {request.host} {request.raw_path} {await request.text()}")

    context = ensure_certificates(tmp_path / "tls").server_context()
    HostCertificates(tmp_path).serve(context, DOMAINS)
    server = web.Server(echo)
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(server, "127.0.0.1", 0)
    tls = await loop.create_server(server, "127.0.0.1", 0, ssl=context)
    proxy = Proxy("127.0.0.1")
    await proxy.start(plain.sockets[0].getsockname()[1], tls.sockets[0].getsockname()[1])
    yield proxy
    await proxy.close()
    plain.close()
    tls.close()
    await server.shutdown()


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that trusts the rehearsal's authority and nobody else."""
    trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session:
        yield session


@pytest.mark.parametrize("host", ["dynamodb.eu-west-1.amazonaws.com", "abc.execute-api.eu-west-1.amazonaws.com"])
async def test_https_is_tunnelled_with_a_certificate_for_the_host(
    proxy: Proxy, session: aiohttp.ClientSession, host: str
) -> None:
    async with session.post(f"https://{host}/a%20b?c=d", data="hello", proxy=proxy.url) as answer:
        assert await answer.text() == f"https {host} /a%20b?c=d hello"


async def test_http_is_passed_on(proxy: Proxy, session: aiohttp.ClientSession) -> None:
    url = "http://chat.s3-website-eu-west-1.amazonaws.com/index.html"
    async with session.get(url, proxy=proxy.url) as answer:
        assert await answer.text() == "http chat.s3-website-eu-west-1.amazonaws.com /index.html "


@pytest.mark.parametrize("host", ["example.com", "amazonaws.com.example.com", "notamazonaws.com"])
async def test_nothing_else_is_reached(proxy: Proxy, session: aiohttp.ClientSession, host: str) -> None:
    async with session.get(f"http://{host}/", proxy=proxy.url) as answer:
        assert answer.status == 403
        assert host in await answer.text()
    with pytest.raises(aiohttp.ClientHttpProxyError) as refused:
        await session.get(f"https://{host}/", proxy=proxy.url)
    assert refused.value.status == 403


async def test_no_other_port_is_reached(proxy: Proxy, session: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.ClientHttpProxyError):
        await session.get("https://dynamodb.eu-west-1.amazonaws.com:8443/", proxy=proxy.url)


async def test_who_is_no_http_client_is_dropped(proxy: Proxy) -> None:
    host, port = proxy.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"hello\r\n\r\n")
    with suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
