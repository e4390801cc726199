"""Whatever bytes come to the handshake, to an open socket or to `@connections`: an answer or a close, soon, and nothing
is left behind.

Raw sockets against the engine's real server. Each property runs a bounded number of examples; after all of them the
gateway serves as before and holds no more objects than it did.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.apigateway.fakes import echo
from tests.services.apigateway.harness import SIGNED, Deployed, Harness, Route, tell_id
from tests.services.apigateway.websocket.test_socket import handshake, request_head

EXAMPLES = 60
SOON_S = 5.0
LEFT_OVER = 3_000
"""Objects that caches may keep of all examples together; a connection kept by mistake costs some fifty each."""

BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

Talk = Callable[[bytes], Awaitable[bytes]]


@pytest.fixture
async def api(harness: Harness, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Deployed]:
    """An API that echoes; after the test it still does, and holds nothing."""
    caplog.set_level(logging.CRITICAL, "aiohttp.server")  # pytest keeps what is logged, with all that hangs on it
    made = await harness.deploy({"$default": Route(echo, answers=True), "id": Route(tell_id, answers=True)})
    await _serves(made)
    before = _objects()
    yield made
    await harness.until(lambda: not harness.gateway._sockets.connections.all())
    await _serves(made)
    assert _objects() - before < LEFT_OVER


async def _serves(api: Deployed) -> None:
    async with api.connect() as client:
        await client.send("still here")
        assert await client.recv() == "still here"


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())


async def exchange(api: Deployed, data: bytes) -> bytes:
    """Send bytes on a connection of their own and return all that comes back until it is closed."""
    host, port = api.harness.addresses.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    return await finish(reader, writer, data)


async def finish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> bytes:
    """Send, end the writing half, and read what there is to read. The other side must not keep us waiting."""
    try:
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(SOON_S):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


# --- the handshake ---------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Content-Length",
     "Transfer-Encoding", "Expect", "Origin", "x-api-key", "Cookie"]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from([b"websocket", b"Upgrade", b"13", b"8", b"0", b"-1", b"99999999999", b"chunked", b"100-continue"]),
    st.binary(max_size=40),
)


@BOUNDED
@given(st.data())
async def test_any_request_line_and_headers(api: Deployed, data: st.DataObject) -> None:
    """A request put together of the handshake's own parts and anything."""
    method = data.draw(st.sampled_from([b"GET", b"POST", b"OPTIONS", b"get"]) | st.binary(max_size=5))
    path = data.draw(st.sampled_from([api.path, api.path + "/", f"{api.path}?a=%ff&&=", "/"])).encode()
    headers = data.draw(st.lists(st.tuples(NAMES, VALUES), max_size=8))
    lines = [method + b" " + path + data.draw(st.binary(max_size=10)) + b" HTTP/1.1", b"Host: x"]
    lines += [name.encode() + b": " + value for name, value in headers]
    answer = await exchange(api, b"\r\n".join([*lines, b"", b""]) + data.draw(st.binary(max_size=30)))
    assert not answer or answer.startswith(b"HTTP/1.")


@BOUNDED
@given(st.data())
async def test_a_damaged_handshake(api: Deployed, data: st.DataObject) -> None:
    """A good request with a part changed, taken out, doubled, or cut off."""
    head = request_head(api)
    at, size = data.draw(st.integers(0, len(head))), data.draw(st.integers(0, 20))
    damaged = head[:at] + data.draw(st.binary(max_size=20)) + head[at + size :]
    answer = await exchange(api, damaged[: data.draw(st.integers(0, len(damaged)))])
    assert not answer or answer.startswith(b"HTTP/1.")


# --- frames ----------------------------------------------------------------------------------------------------------


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Frames with any opcode, bits and length, true or not, masked or not."""
    first = draw(st.integers(0, 255) | st.sampled_from([0x81, 0x01, 0x80, 0x88, 0x89, 0x8A, 0x82]))
    payload = draw(st.binary(max_size=200))
    told = draw(st.sampled_from([len(payload)] * 5 + [0, 1, 125, 126, 32_769, 131_073, 2**31, 2**63, 2**64 - 1]))
    mask = draw(st.sampled_from([0x80, 0x80, 0x80, 0]))
    if told < 126:
        head = bytes([first, mask | told])
    elif told < 65_536:
        head = bytes([first, mask | 126]) + struct.pack("!H", told)
    else:
        head = bytes([first, mask | 127]) + struct.pack("!Q", told)
    return head + (draw(st.binary(min_size=4, max_size=4)) if mask else b"") + payload


@BOUNDED
@given(st.lists(frames(), max_size=6), st.booleans())
async def test_any_frames(api: Deployed, sent: list[bytes], together: bool) -> None:
    """In one piece with the handshake or after it: echoes, error frames, a close; never an unmasked frame's worth of
    waiting.
    """
    data = b"".join(sent)
    if together:
        reader, writer = await handshake(api, data)
        await finish(reader, writer, b"")
    else:
        reader, writer = await handshake(api)
        await finish(reader, writer, data)


@BOUNDED
@given(st.binary(max_size=400))
async def test_any_bytes_after_the_handshake(api: Deployed, data: bytes) -> None:
    await finish(*(await handshake(api)), data)


async def test_messages_that_never_end(api: Deployed) -> None:
    """A fragmented message grows to 128 KB and no further: the sender is cut off, whatever it goes on to send."""
    reader, writer = await handshake(api)
    fragment = b"\x00\xfe" + struct.pack("!H", 30_000) + bytes(4) + b"x" * 30_000
    first = b"\x01" + fragment[1:]
    answer = await finish(reader, writer, first + fragment * 200)
    assert answer[:4] == b"\x88\x02" + struct.pack("!H", 1009)


# --- @connections ----------------------------------------------------------------------------------------------------

IDS = st.one_of(
    st.sampled_from(["AAAAAAAAAAACAAA=", "AAAAAAAAAAACAAA%3D", "%", "%zz", "%00", "..", "=", "", "@connections"]),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="# ?"), max_size=20),
)


@BOUNDED
@given(st.sampled_from(["POST", "GET", "DELETE", "PUT", "HEAD"]), IDS, st.booleans(), st.data())
async def test_any_callback(api: Deployed, method: str, name: str, is_signed: bool, data: st.DataObject) -> None:
    """Any id, method, signature and body: an answer that HTTP knows, below 500."""
    mark = data.draw(st.sampled_from(["@connections", "%40connections", "%40CONNECTIONS", "@connections/@connections"]))
    signature = data.draw(st.sampled_from([SIGNED["Authorization"], "AWS4-HMAC-SHA256 x", "Bearer x"]))
    body = data.draw(st.binary(max_size=50))
    lines = [f"{method} {api.path}/{mark}/{name} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
    lines += [f"Authorization: {signature}"] if is_signed else []
    answer = await exchange(api, "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
    assert not answer or 200 <= int(answer[9:12]) < 500


@BOUNDED
@given(st.binary(max_size=300))
async def test_any_posted_bytes_are_text(api: Deployed, body: bytes) -> None:
    """What is posted arrives as one text message, whatever bytes it is."""
    async with api.connect() as client:
        to = await api.connection_id(client)
        status, _ = await api.callback("POST", to, body)
        assert status == 200
        assert isinstance(await client.recv(), str)
