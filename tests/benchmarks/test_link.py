"""Answers are taken out of a byte stream wherever it was cut."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.link import Answer, http_request, take_answer

_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
_CHUNKS = b"HTTP/1.1 429 Too Many\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"
_EMPTY = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


@given(st.lists(st.integers(1, 40), max_size=30))
def test_answers_come_out_whole_however_they_are_cut(cuts: list[int]) -> None:
    stream, buffer, answers = _LENGTH + _CHUNKS + _EMPTY + _LENGTH, bytearray(), []
    for size in [*cuts, len(stream)]:
        buffer += stream[:size]
        stream = stream[size:]
        while (answer := take_answer(buffer)) is not None:
            answers.append(answer)
    assert answers == [Answer(200, b"hello"), Answer(429, b"hello"), Answer(101, b""), Answer(200, b"hello")]
    assert not buffer


def test_no_http_is_an_error() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        take_answer(bytearray(b"SSH-2.0-OpenSSH\r\n\r\n"))


def test_a_request_names_host_length_and_query() -> None:
    request = http_request("POST", urlsplit("http://host:1/a?b=c"), {"X-One": "1", "host": "other"}, b"body")
    assert request == b"POST /a?b=c HTTP/1.1\r\nHost: host:1\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody"
