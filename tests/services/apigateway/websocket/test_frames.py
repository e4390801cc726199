"""WebSocket frames (aws-behaviour §4.1, §7; RFC 6455)."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from cloudrig.services.apigateway.websocket import frames
from cloudrig.services.apigateway.websocket.frames import Close, FrameReader, Message, Ping, Text, Violation

KB = 1024


def client_frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """A masked frame, as the `websockets` library writes it."""
    return Frame(Opcode(opcode), payload, fin=final).serialize(mask=True)


def read(*chunks: bytes) -> list[Message]:
    reader, messages = FrameReader(), []
    for chunk in chunks:
        reader.receive(chunk)
        while (message := reader.next_message()) is not None:
            messages.append(message)
    return messages


def violation(data: bytes) -> int:
    with pytest.raises(Violation) as raised:
        read(data)
    return raised.value.code


def test_text_and_ping_and_close() -> None:
    """RFC 6455 §5: what a client sends, whole."""
    data = client_frame(frames.TEXT, "héllo".encode()) + client_frame(frames.PING, b"x")
    data += client_frame(frames.PONG, b"x") + client_frame(frames.CLOSE, struct.pack("!H", 4001) + b"bye")
    assert read(data) == [Text("héllo"), Ping(b"x"), Close(4001, "bye")]


def test_close_without_status() -> None:
    """§6.2: 1005 stands for a close frame without status."""
    assert read(client_frame(frames.CLOSE, b"")) == [Close(1005, "")]


def test_fragments_with_a_ping_between() -> None:
    """RFC 6455 §5.4: control frames may stand between the fragments of a message."""
    data = client_frame(frames.TEXT, b"a\xc3", final=False) + client_frame(frames.PING, b"")
    data += client_frame(frames.CONTINUATION, b"\xa9", final=False) + client_frame(frames.CONTINUATION, b"")
    assert read(data) == [Ping(b""), Text("aé")]


def test_largest_frame_and_message() -> None:
    """§4.1: 32 KB a frame and 128 KB a message are allowed."""
    piece = b"a" * 32 * KB
    data = client_frame(frames.TEXT, piece, final=False) + 2 * client_frame(frames.CONTINUATION, piece, final=False)
    assert read(data + client_frame(frames.CONTINUATION, piece)) == [Text("a" * 128 * KB)]


def test_frame_too_large() -> None:
    """§4.1: a frame over 32 KB closes with 1009, known from its header alone."""
    assert violation(client_frame(frames.TEXT, b"a" * (32 * KB + 1))[:14]) == 1009
    assert violation(bytes((0x81, 0xFF)) + struct.pack("!Q", 2**63 - 1)) == 1009


def test_message_too_large() -> None:
    """§4.1: a message over 128 KB closes with 1009 after reassembly."""
    piece = b"a" * 32 * KB
    data = client_frame(frames.TEXT, piece, final=False) + 3 * client_frame(frames.CONTINUATION, piece, final=False)
    assert violation(data + client_frame(frames.CONTINUATION, b"a")) == 1009


def test_binary() -> None:
    """§4.1: binary frames are rejected with 1003."""
    assert violation(client_frame(frames.BINARY, b"\x00")) == 1003


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bytes((0x81, 0x01)) + b"a", 1002),  # not masked
        (bytes((0xC1, 0x80, 0, 0, 0, 0)), 1002),  # compressed, which nobody negotiated
        (bytes((0x83, 0x80, 0, 0, 0, 0)), 1002),  # reserved opcode
        (bytes((0x09, 0x80, 0, 0, 0, 0)), 1002),  # fragmented ping
        (bytes((0x89, 0xFE, 0, 126)), 1002),  # ping of 126 bytes
        (client_frame(frames.CONTINUATION, b"a"), 1002),  # nothing to continue
        (client_frame(frames.TEXT, b"a", final=False) + client_frame(frames.TEXT, b"b"), 1002),  # not continued
        (client_frame(frames.TEXT, b"\xff"), 1007),  # not UTF-8
        (client_frame(frames.CLOSE, b"\x03"), 1002),  # half a status
        (client_frame(frames.CLOSE, struct.pack("!H", 1006)), 1002),  # a status nobody sends
        (client_frame(frames.CLOSE, struct.pack("!H", 1000) + b"\xff"), 1007),
    ],
    ids=[
        "unmasked",
        "compressed",
        "reserved opcode",
        "fragmented ping",
        "long ping",
        "nothing to continue",
        "not continued",
        "not UTF-8",
        "half a status",
        "forbidden status",
        "close reason not UTF-8",
    ],  # the masks are random, and parallel workers must agree on names
)
def test_violations(data: bytes, code: int) -> None:
    """RFC 6455 §5 and §7: what breaks the protocol closes with the right code."""
    assert violation(data) == code


def test_messages_before_a_violation_count() -> None:
    """What was whole before the client went wrong is delivered."""
    reader = FrameReader()
    reader.receive(client_frame(frames.TEXT, b"good") + client_frame(frames.BINARY, b"bad"))
    assert reader.next_message() == Text("good")
    with pytest.raises(Violation):
        reader.next_message()


@given(st.lists(st.text(max_size=300), max_size=6), st.integers(1, 40))
def test_any_split_of_the_stream_reads_the_same(texts: list[str], size: int) -> None:
    """TCP may cut anywhere."""
    data = b"".join(client_frame(frames.TEXT, text.encode()) for text in texts)
    assert read(*_chunks(data, size)) == [Text(text) for text in texts]


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_are_messages_or_a_violation(data: bytes, size: int) -> None:
    """Fuzz: nothing else may come out, and nothing is kept beyond a frame."""
    with contextlib.suppress(Violation):
        assert all(isinstance(message, Text | Ping | Close) for message in read(*_chunks(data, size)))


@pytest.mark.parametrize("size", [0, 125, 126, 32 * KB, 32 * KB + 1, 128 * KB])
def test_outgoing_frames(size: int) -> None:
    """§7: outgoing messages over 32 KB are split into frames; the client gets them whole."""
    payload = bytes(index % 251 for index in range(size))
    found = list(_server_frames(frames.text_message(payload)))
    assert b"".join(data for _, _, data in found) == payload
    assert all(len(data) <= 32 * KB for _, _, data in found)
    assert [final for final, _, _ in found] == [False] * (len(found) - 1) + [True]
    assert [opcode for _, opcode, _ in found] == [frames.TEXT] + [frames.CONTINUATION] * (len(found) - 1)


def test_close_codes_that_are_never_sent() -> None:
    """RFC 6455 §7.4.1: 1005 and 1006 do not go over the wire."""
    assert frames.close(1005) == frames.close(1006) == b"\x88\x00"
    assert frames.close(1000, "x") == b"\x88\x03\x03\xe8x"


def _chunks(data: bytes, size: int) -> Iterable[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def _server_frames(data: bytes) -> Iterable[tuple[bool, int, bytes]]:
    position = 0
    while position < len(data):
        first, length, start = data[position], data[position + 1], position + 2
        if length == 126:
            length, start = struct.unpack_from("!H", data, start)[0], start + 2
        yield bool(first & 0x80), first & 0x0F, data[start : start + length]
        position = start + length
