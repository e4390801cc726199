"""What clients send by raw sockets, and how much of it the server keeps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.web import BaseRequest, StreamResponse

from cloudrig.engine.messages import Request, Response
from cloudrig.engine.server import MAX_HEADER_BYTES, Handler, Server, read_body
from cloudrig.engine.tls import ensure_certificates

LIMIT = 1000
SOON_S = 5.0


async def _tell_size(request: Request, raw: BaseRequest) -> Response | StreamResponse:
    body = await read_body(raw, LIMIT)
    return Response(413 if len(body) > LIMIT else 200, str(len(body)).encode())


@asynccontextmanager
async def serving(handler: Handler, folder: Path) -> AsyncIterator[int]:
    """A server; its port."""
    server = Server("127.0.0.1", 0, 0)
    await server.start(handler, ensure_certificates(folder).server_context())
    yield server.port
    await server.close()


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """A server that answers how many bytes it has read."""
    async with serving(_tell_size, tmp_path) as port:
        yield port


async def _tell_target(request: Request, raw: BaseRequest) -> Response | StreamResponse:
    return Response(200, f"{request.headers['Host']} {request.base_url} {request.path} {request.query}".encode())


@pytest.fixture
async def telling_port(tmp_path: Path) -> AsyncIterator[int]:
    """A server that answers what was asked for."""
    async with serving(_tell_target, tmp_path) as port:
        yield port


async def exchange(port: int, *pieces: bytes) -> bytes:
    """All that comes back for what is sent, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(SOON_S):
        answer = await reader.read()
    writer.close()
    return answer


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "Host: x", "Connection: close", "", ""]).encode()


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@pytest.mark.parametrize("size", [0, 1, LIMIT, LIMIT + 1, 500_000])
@pytest.mark.parametrize("chunked", [False, True])
async def test_of_a_body_a_byte_more_is_read_than_it_may_have(port: int, size: int, chunked: bool) -> None:
    body = b"x" * size
    if chunked:
        request = [head("POST / HTTP/1.1", "Transfer-Encoding: chunked"), chunk(body) if body else b"", b"0\r\n\r\n"]
    else:
        request = [head("POST / HTTP/1.1", f"Content-Length: {size}"), body]
    answer = await exchange(port, *request)
    assert answer.startswith(b"HTTP/1.1 200" if size <= LIMIT else b"HTTP/1.1 413")
    assert answer.endswith(b"\r\n\r\n%d" % min(size, LIMIT + 1))


async def test_a_body_that_never_ends_is_answered_while_it_comes(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("POST / HTTP/1.1", "Content-Length: 1000000000000") + b"x" * (LIMIT + 1))
    async with asyncio.timeout(SOON_S):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_a_client_is_told_to_continue_when_its_body_is_wanted(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("PUT / HTTP/1.1", "Content-Length: 3", "Expect: 100-continue"))
    async with asyncio.timeout(SOON_S):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    requests = [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size for size in (1, 22)]
    answers = await exchange(port, *requests, head("POST / HTTP/1.1", "Content-Length: 333"), b"x" * 333)
    assert [part[-3:].strip() for part in answers.split(b"HTTP/1.1 200 OK")[1:]] == [b"1", b"22", b"333"]


async def test_http_1_0_closes(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab")
    async with asyncio.timeout(SOON_S):
        assert (await reader.read()).endswith(b"\r\n\r\n2")
    writer.close()


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"GET",
        b"GET / HTTP/9.9",
        b"G\x00T / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\n: x",
    ],
)
async def test_what_is_no_http_is_a_line_in_the_log(port: int, line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await exchange(port, line + b"\r\n\r\n")
    assert answer[9:12] == b"400"
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("INFO", None)
    assert len(record.getMessage().splitlines()) == 1


@pytest.mark.parametrize("rest", [b"zz\r\nabc\r\n", b"-1\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n"])
async def test_chunks_that_are_none(port: int, rest: bytes, caplog: pytest.LogCaptureFixture) -> None:
    answer = await exchange(port, head("POST / HTTP/1.1", "Transfer-Encoding: chunked"), rest)
    assert answer[9:12] == b"400"
    assert all(record.exc_info is None for record in caplog.records)


async def test_a_client_that_goes_away_with_its_body_unsent(port: int, caplog: pytest.LogCaptureFixture) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("POST / HTTP/1.1", "Content-Length: 9") + b"x")
    await writer.drain()
    writer.close()
    assert (await exchange(port, head("GET / HTTP/1.1")))[9:12] == b"200"
    assert not caplog.records


@pytest.mark.parametrize(("size", "status"), [(MAX_HEADER_BYTES - 20, b"200"), (MAX_HEADER_BYTES + 1, b"400")])
async def test_a_header_or_address_may_have_10_kb(port: int, size: int, status: bytes) -> None:
    assert (await exchange(port, head("GET / HTTP/1.1", "Cookie: " + "x" * size)))[9:12] == status
    assert (await exchange(port, head(f"GET /{'x' * size} HTTP/1.1")))[9:12] == status


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/a/b?c=d", b"x http://x /a/b c=d"),
        ("http://api.localhost:80/a/b?c=d", b"api.localhost:80 http://api.localhost:80 /a/b c=d"),
        ("HTTP://api.localhost", b"api.localhost http://api.localhost / "),
        ("http://api.localhost?c=http://d/", b"api.localhost http://api.localhost / c=http://d/"),
    ],
)
async def test_a_whole_address_in_the_request_line_counts_for_host_and_path(
    telling_port: int, target: str, told: bytes
) -> None:
    """Source: https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form"""
    answer = await exchange(telling_port, head(f"GET {target} HTTP/1.1"))
    assert answer.endswith(b"\r\n\r\n" + told)


@pytest.mark.parametrize("line", ["OPTIONS *", "CONNECT example.com:443", "GET ftp://x/", "GET http://a@b/"])
async def test_a_target_that_is_no_path_here_is_malformed(telling_port: int, line: str) -> None:
    assert (await exchange(telling_port, head(f"{line} HTTP/1.1"))).split()[1] == b"400"


async def test_no_server_is_named(port: int) -> None:
    """As AWS's services name none."""
    assert b"server:" not in (await exchange(port, head("GET / HTTP/1.1"))).lower()


@pytest.mark.parametrize("pieces", [1, 2])
async def test_a_client_that_has_shut_down_its_sending_side_gets_its_answer(port: int, pieces: int) -> None:
    """As `nc -N` does, and some proxies; whether the end comes with the request or after it."""
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for start in range(0, len(request), len(request) // pieces + 1):
        writer.write(request[start : start + len(request) // pieces + 1])
        await writer.drain()
    writer.write_eof()
    async with asyncio.timeout(SOON_S):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n5")


async def test_one_that_does_so_in_the_middle_of_a_request_is_not_waited_for(port: int) -> None:
    for request in (b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        writer.write_eof()
        async with asyncio.timeout(SOON_S):
            assert b"200" not in await reader.read()
        writer.close()


async def test_a_slow_answer_reaches_a_client_that_has_shut_down_its_sending_side(tmp_path: Path) -> None:
    asked, going_on = asyncio.Event(), asyncio.Event()

    async def slowly(request: Request, raw: BaseRequest) -> Response | StreamResponse:
        asked.set()
        await going_on.wait()
        return Response(200, b"at last")

    server = Server("127.0.0.1", 0, 0)
    await server.start(slowly, ensure_certificates(tmp_path).server_context())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asked.wait()
    writer.write_eof()
    going_on.set()
    async with asyncio.timeout(SOON_S):
        assert (await reader.read()).endswith(b"at last")
    writer.close()
    await server.close()
