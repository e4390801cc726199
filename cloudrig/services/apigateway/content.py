"""What happens to a payload on its way through an integration that is no proxy: mapping template and content handling.

A payload is bytes or text, and leaves as one of them: bytes that leave as text are written in base64, text that leaves
as bytes is read as base64. Text is UTF-8, whatever came: bytes that are none become U+FFFD. Templates see text.
Sources: AG `api-gateway-payload-encodings-workflow.html`, `websocket-api-develop-binary-media-types.html`; recorded on
AWS in LocalStack's snapshots (`TestApiGatewayS3BinarySupport`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

TO_BINARY, TO_TEXT = "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"
HANDLINGS = (TO_BINARY, TO_TEXT)


class Untransformable(ValueError):
    """Bytes that a template should transform, or text that stands for bytes and is no base64."""


def leaves_as_bytes(handling: str | None, otherwise: bool) -> bool:
    return otherwise if handling is None else handling == TO_BINARY


def transformed(body: bytes, binary: bool, to_bytes: bool, render: Callable[[str], str] | None) -> bytes:
    """The payload on the other side.

    `binary`: its media type is among the API's binary ones. `render` applies the template, where there is one.
    Raises Untransformable, and what `render` raises.
    """
    if binary and to_bytes:
        if render is not None:
            raise Untransformable("a mapping template cannot be applied to bytes")
        return body
    text = base64.b64encode(body).decode() if binary else body.decode("utf-8", "replace")
    if render is not None:
        text = render(text)
    return _decoded(text) if to_bytes else text.encode("utf-8", "replace")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Untransformable(f"the payload is no base64: {error}") from None
