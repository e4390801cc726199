"""Payloads in gzip and deflate: requests are decompressed; answers are compressed from the size on that the API says.

Events go on showing the `Content-Encoding` that the client sent: unverified.
Sources: AG `api-gateway-gzip-compression-decompression.html`, `api-gateway-make-request-with-compressed-payload.html`,
`api-gateway-receive-response-with-compressed-payload.html`, `api-gateway-enable-compression.html`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.forwarding import MAX_PAYLOAD_BYTES
from cloudrig.services.apigateway.rest.answers import GatewayError, request_too_large

_WINDOW_BITS: Mapping[str, int] = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_IDENTITY = "identity"


def compression_size(text: str) -> int:
    """`minimumCompressionSize`. Raises BadRequestException."""
    if not text.isdigit() or int(text) > MAX_PAYLOAD_BYTES:
        raise BadRequestException("Invalid minimum compression size, must be between 0 and 10485760")
    return int(text)


def decompressed(body: bytes, coding: str) -> bytes:
    """A request's body, read by its `Content-Encoding`.

    Raises GatewayError: 415 for another coding than gzip, deflate and identity, and for a body that is not in it; 413.
    """
    coding = coding.strip().lower()
    if not body or coding == _IDENTITY:
        return body
    if coding not in _WINDOW_BITS:
        raise _unsupported()
    unzip = zlib.decompressobj(_WINDOW_BITS[coding])
    try:
        plain = unzip.decompress(body, MAX_PAYLOAD_BYTES + 1)
    except zlib.error:
        raise _unsupported() from None
    if len(plain) > MAX_PAYLOAD_BYTES:
        raise request_too_large()
    if not unzip.eof:
        raise _unsupported()
    return plain


def _unsupported() -> GatewayError:
    return GatewayError("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")


def compress(response: Response, accepted: str, least: int) -> None:
    """Compress an integration's answer of `least` bytes or more, where the client's `Accept-Encoding` says so.

    The coding that the client likes best has to be one of ours, else the answer stays as it is.
    """
    coding = _preferred(accepted)
    if coding is None or not response.body or len(response.body) < least or "Content-Encoding" in response.headers:
        return
    zip_ = zlib.compressobj(wbits=_WINDOW_BITS[coding])
    response.body = zip_.compress(response.body) + zip_.flush()
    response.headers["Content-Encoding"] = coding


def _preferred(accepted: str) -> str | None:
    """The first of ours among the codings of the highest weight; None where there is none, or `*` alone."""
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        coding, _, parameter = item.partition(";")
        try:
            weights[coding.strip()] = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weights[coding.strip()] = 0.0
    highest = max(weights.values())
    best = (coding for coding in weights if coding in _WINDOW_BITS and weights[coding] == highest > 0)
    return next(best, None)
