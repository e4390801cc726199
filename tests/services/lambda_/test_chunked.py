"""Chunked bodies: RFC 9112, section 7.1."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudrig.services.lambda_.chunked import BadChunk, ChunkedBody

BODY = b"4\r\nWiki\r\n6;name=value\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nError-Type: Sad\r\n\r\nGET /next"


@given(st.lists(st.integers(0, len(BODY)), max_size=8))
def test_a_body_is_the_same_however_it_arrives(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(BODY)]
    body, data = ChunkedBody(), b""
    for start, end in itertools.pairwise(places):
        data += body.feed(BODY[start:end])
    assert data == b"Wikipedia in \r\n\r\nchunks."
    assert body.ended
    assert body.trailers == {"error-type": "Sad"}
    assert body.rest == b"GET /next"


@pytest.mark.parametrize("received", [b"x\r\n", b"-1\r\n", b"\r\n"])
def test_what_is_no_chunk(received: bytes) -> None:
    with pytest.raises(BadChunk):
        ChunkedBody().feed(received)
