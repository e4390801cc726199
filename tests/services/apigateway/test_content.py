"""Content handling: AG `api-gateway-payload-encodings-workflow.html`."""

from __future__ import annotations

import pytest

from cloudrig.services.apigateway.content import TO_BINARY, TO_TEXT, Untransformable, transformed

BYTES, BASE64 = b"\x00\xff", b"AP8="


@pytest.mark.parametrize(
    ("body", "binary", "handling", "expected"),
    [
        (b"text", False, None, b"text"),
        (b"text", False, TO_TEXT, b"text"),
        (BASE64, False, TO_BINARY, BYTES),
        (BYTES, True, None, BYTES),
        (BYTES, True, TO_BINARY, BYTES),
        (BYTES, True, TO_TEXT, BASE64),
    ],
)
def test_the_six_cases(body: bytes, binary: bool, handling: str | None, expected: bytes) -> None:
    assert transformed(body, binary, handling, None) == expected


def test_templates_see_text() -> None:
    assert transformed(BYTES, True, TO_TEXT, lambda text: f"<{text}>") == b"<AP8=>"
    assert transformed(b"text", False, TO_BINARY, lambda _: "AP8=") == BYTES
    assert transformed("é".encode(), False, None, str.upper) == "É".encode()


def test_what_cannot_be_transformed() -> None:
    """A template for bytes ("Unable to transform request" in AWS's logs), and text that is no base64."""
    with pytest.raises(Untransformable):
        transformed(BYTES, True, None, str.upper)
    with pytest.raises(Untransformable):
        transformed(b"?", False, TO_BINARY, None)
