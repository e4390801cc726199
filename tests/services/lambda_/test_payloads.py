"""Payloads that are no JSON."""

from __future__ import annotations

import pytest

from cloudrig.services.lambda_.payloads import why_no_json

WHERE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {}]"
VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


@pytest.mark.parametrize("payload", [b"{}", b" null", b"true", b"-1", b'"\xc3\xa4"', b'["n\\u0000"]'])
def test_json(payload: bytes) -> None:
    assert why_no_json(payload) is None


@pytest.mark.parametrize(
    ("payload", "message", "column"),
    [
        (b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt", "Invalid UTF-8 start byte 0x87", 3),
        (b"\x99\xeb,j\x07", f"Unexpected character ((CTRL-CHAR, code 153)): expected a valid value {VALUES}", 1),
    ],
)
def test_what_was_recorded(payload: bytes, message: str, column: int) -> None:
    """Recorded from AWS in LocalStack's test snapshots (`test_lambda_invoke_payload_encoding_error`)."""
    assert why_no_json(payload) == message + WHERE.format(column)


@pytest.mark.unverified
@pytest.mark.parametrize(
    ("payload", "message", "column"),
    [
        (b"test", f"Unrecognized token 'test': was expecting {VALUES}", 5),
        (b" not json", f"Unrecognized token 'not': was expecting {VALUES}", 6),
        (b"<a>", f"Unexpected character ('<' (code 60)): expected a valid value {VALUES}", 1),
        (b"{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 2),
        (b'"\xff"', "Invalid UTF-8 start byte 0xff", 3),
    ],
)
def test_what_jackson_would_say(payload: bytes, message: str, column: int) -> None:
    assert why_no_json(payload) == message + WHERE.format(column)


@pytest.mark.parametrize("payload", [b'{"a": ', b"[1,]", b"{} {}", b"nulls", b"[" * 100_000])
def test_what_else_is_none(payload: bytes) -> None:
    assert why_no_json(payload)
