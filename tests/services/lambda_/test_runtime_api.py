"""The Runtime API's HTTP: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from cloudrig.services.lambda_.runtime_api import MAX_RESPONSE_BYTES, RuntimeConnection, RuntimeEvent

EVENT = RuntimeEvent("id-1", "arn:aws:lambda:us-east-1:000000000000:function:f", "Root=1", b'{"a":1}')


@dataclass
class Recorder:
    """A runtime that gives one event and notes what comes back."""

    heard: list[tuple[str, ...]] = field(default_factory=list)
    sizes: list[int | None] = field(default_factory=list)
    event: RuntimeEvent = EVENT
    status: int = 202

    def next_event(self, connection: RuntimeConnection) -> None:
        connection.send_event(self.event, 123_000)

    def response(self, request_id: str, body: bytes | None) -> int:
        self.heard.append(("response", request_id))
        self.sizes.append(None if body is None else len(body))
        return 413 if body is None else self.status

    def open_response(self, request_id: str, content_type: str) -> Recorder | None:
        self.heard.append(("open", request_id, content_type))
        return self if request_id == self.event.request_id else None

    def data(self, piece: bytes) -> None:
        self.heard.append(("data", piece.decode()))

    def end(self, trailers: Mapping[str, str]) -> int:
        self.heard.append(("end", json.dumps(dict(trailers))))
        return self.status

    def error(self, request_id: str, body: bytes) -> int:
        self.heard.append(("error", request_id, body.decode()))
        return self.status

    def init_error(self, error_type: str, body: bytes) -> int:
        self.heard.append(("init", error_type, body.decode()))
        return self.status


@dataclass
class Server:
    runtime: Recorder
    port: int

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """One request by the standard library's client, which awslambdaric uses for init errors."""

        def run() -> tuple[int, bytes]:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                connection.request(method, path, body, named)
                answer = connection.getresponse()
                return answer.status, answer.read()

        return await asyncio.to_thread(run)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    runtime = Recorder()
    listening = await asyncio.get_running_loop().create_server(lambda: RuntimeConnection(runtime), "127.0.0.1", 0)
    yield Server(runtime, listening.sockets[0].getsockname()[1])
    listening.close()


NEXT = "/2018-06-01/runtime/invocation/next"


async def test_next_gives_the_event_with_its_headers(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET {NEXT} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert "Lambda-Runtime-Aws-Request-Id: id-1\r\n" in head
    assert "Lambda-Runtime-Deadline-Ms: 123000\r\n" in head
    assert f"Lambda-Runtime-Invoked-Function-Arn: {EVENT.function_arn}\r\n" in head
    assert "Lambda-Runtime-Trace-Id: Root=1\r\n" in head
    assert "Client-Context" not in head
    assert await reader.readexactly(7) == b'{"a":1}'
    writer.close()


async def test_a_connection_is_kept_and_may_send_in_pieces(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    post = b"POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\ncontent-length: 4\r\n\r\nnull"
    for byte in post * 2:
        writer.write(bytes([byte]))
        await writer.drain()
    for _ in range(2):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202")
        await reader.readexactly(16)
    assert server.runtime.sizes == [4, 4]
    writer.close()


async def test_errors_of_function_and_initialisation(server: Server) -> None:
    assert (await server.ask("POST", "/2018-06-01/runtime/invocation/id-1/error", b"{}"))[0] == 202
    kind = "Runtime.ImportModuleError"
    headers = {"Lambda_Runtime_Function_Error_Type": kind}
    assert (await server.ask("POST", "/2018-06-01/runtime/init/error", b"{}", **headers))[0] == 202
    assert server.runtime.heard == [("error", "id-1", "{}"), ("init", kind, "{}")]


async def test_the_largest_answer_and_one_byte_more(server: Server) -> None:
    path = "/2018-06-01/runtime/invocation/id-1/response"
    assert (await server.ask("POST", path, b"x" * MAX_RESPONSE_BYTES))[0] == 202
    status, body = await server.ask("POST", path, b"x" * (MAX_RESPONSE_BYTES + 1))
    assert (status, json.loads(body)["errorType"]) == (413, "RequestEntityTooLarge")
    assert server.runtime.sizes == [MAX_RESPONSE_BYTES, None]


async def test_an_error_comes_with_its_cause_and_may_be_too_large_as_well(server: Server) -> None:
    """AWS's Python client repeats the whole message in a header; an error above 6 MB is no more than an answer is."""
    path, cause = "/2018-06-01/runtime/invocation/id-1/error", json.dumps({"message": "x" * 900_000})
    assert (await server.ask("POST", path, b"{}", Lambda_Runtime_Function_XRay_Error_Cause=cause))[0] == 202
    assert (await server.ask("POST", path, b"x" * (MAX_RESPONSE_BYTES + 1)))[0] == 413
    assert server.runtime.heard == [("error", "id-1", "{}"), ("response", "id-1")]
    assert server.runtime.sizes == [None]


async def send(server: Server, *pieces: bytes) -> bytes:
    """Bytes as they are, one piece after the other; the answer's head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return head


RESPONSE = b"POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"


async def test_an_answer_in_chunks(server: Server) -> None:
    head = await send(server, RESPONSE, b"\r\n3\r\nnul\r\n", b"1\r\nl\r\n0\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202")
    assert server.runtime.sizes == [4]


async def test_an_answer_in_chunks_that_is_too_large(server: Server) -> None:
    chunk = f"{MAX_RESPONSE_BYTES:x}\r\n".encode() + bytes(MAX_RESPONSE_BYTES) + b"\r\n"
    assert (await send(server, RESPONSE, b"\r\n", chunk, chunk, b"0\r\n\r\n")).startswith(b"HTTP/1.1 413")
    assert server.runtime.sizes == [None]


async def test_a_streamed_answer_is_passed_on_as_it_comes(server: Server) -> None:
    mode = b"Lambda-Runtime-Function-Response-Mode: streaming\r\nContent-Type: text/plain\r\n\r\n"
    end = b"1\r\nb\r\n0\r\nLambda-Runtime-Function-Error-Type: Sad\r\n\r\n"
    assert (await send(server, RESPONSE + mode + b"1\r\na\r\n", end)).startswith(b"HTTP/1.1 202")
    assert server.runtime.heard[0] == ("open", "id-1", "text/plain")
    assert "".join(text for kind, *rest in server.runtime.heard if kind == "data" for text in rest) == "ab"
    assert server.runtime.heard[-1] == ("end", '{"lambda-runtime-function-error-type": "Sad"}')


async def test_who_waits_to_be_asked_for_a_body_is_asked(server: Server) -> None:
    """curl sends bodies above 1 MB so."""
    post = b"POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4"
    assert await send(server, post + b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"


async def test_an_answer_nobody_waits_for(server: Server) -> None:
    server.runtime.status = 400
    status, body = await server.ask("POST", "/2018-06-01/runtime/invocation/other/response", b"1")
    assert (status, json.loads(body)["errorType"]) == (400, "InvalidRequestID")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", NEXT), ("GET", "/2018-06-01/runtime/init/error"), ("DELETE", NEXT)]
)
async def test_other_paths_are_not_found(server: Server, method: str, path: str) -> None:
    assert (await server.ask(method, path))[0] == 404


async def test_what_cannot_be_read_is_refused_and_closed(server: Server) -> None:
    for request in (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", b"x" * 1_200_000):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request)
        assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()


@pytest.mark.parametrize("header", ["Origin: https://a.example", "sec-fetch-site: cross-site", "Host: a.example:80"])
@pytest.mark.parametrize("request_line", [f"GET {NEXT} HTTP/1.1", RESPONSE.decode().splitlines()[0]])
async def test_a_web_page_is_no_runtime(server: Server, request_line: str, header: str) -> None:
    """Any page can send requests here, though it may not read the answers: it would take a function's events."""
    streaming = "Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming"
    head = await send(server, f"{request_line}\r\n{header}\r\n{streaming}\r\n\r\n4\r\nnull\r\n0\r\n\r\n".encode())
    assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert server.runtime.heard == []


async def test_fetch_of_nodejs_is_a_runtimes(server: Server) -> None:
    """A runtime may be written on it; it sends this."""
    assert (await server.ask("GET", NEXT, Sec_Fetch_Mode="cors"))[0] == 200
