"""Content handling (AG `api-gateway-payload-encodings-workflow.html`); recorded from AWS in LocalStack's snapshots."""

from __future__ import annotations

import pytest

from cloudrig.services.apigateway.content import TO_BINARY, TO_TEXT, Untransformable, leaves_as_bytes, transformed

BYTES, BASE64 = b"\x00\xff", b"AP8="


@pytest.mark.parametrize(
    ("body", "binary", "to_bytes", "expected"),
    [
        (b"text", False, False, b"text"),
        (BYTES, False, False, "\0\ufffd".encode()),
        (BASE64, False, True, BYTES),
        (BYTES, True, True, BYTES),
        (BYTES, True, False, BASE64),
        (b"", False, True, b""),
    ],
)
def test_bytes_and_text(body: bytes, binary: bool, to_bytes: bool, expected: bytes) -> None:
    assert transformed(body, binary, to_bytes, None) == expected


@pytest.mark.parametrize("otherwise", [True, False])
def test_handling_goes_before_media_types(otherwise: bool) -> None:
    assert leaves_as_bytes(None, otherwise) is otherwise
    assert leaves_as_bytes(TO_BINARY, otherwise)
    assert not leaves_as_bytes(TO_TEXT, otherwise)


def test_templates_see_text() -> None:
    assert transformed(BYTES, True, False, lambda text: f"<{text}>") == b"<AP8=>"
    assert transformed(b"text", False, True, lambda _: "AP8=") == BYTES
    assert transformed("é".encode(), False, False, str.upper) == "É".encode()


def test_what_cannot_be_transformed() -> None:
    """A template for bytes ("Unable to transform request" in AWS's logs), and text that is no base64."""
    with pytest.raises(Untransformable):
        transformed(BYTES, True, True, str.upper)
    with pytest.raises(Untransformable):
        transformed(b"?", False, True, None)
