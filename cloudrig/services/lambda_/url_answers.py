"""From what a function answered to what the client of its URL gets.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload,
https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html (streams)
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.messages import Response

INTEGRATION_RESPONSE = "application/vnd.awslambda.http-integration-response"
_PRELUDE_END = bytes(8)
_NOT_THE_FUNCTIONS = frozenset(  # WWW-Authenticate was seen; the others are unverified
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "upgrade", "www-authenticate"}
)
"""Headers that a function URL sends under another name, `x-amzn-Remapped-…`."""
_MAX_PRELUDE_BYTES = 1024 * 1024


class BadAnswer(ValueError):
    """What the function answered is no HTTP response."""


def buffered(payload: bytes) -> Response:
    """The response of a whole answer: an object with `statusCode` says what it is, anything else is the body."""
    try:
        answer = json.loads(payload)
    except ValueError:
        raise BadAnswer("no JSON") from None
    if isinstance(answer, dict) and "statusCode" in answer:
        return _described(answer, _body(answer))
    body = answer.encode() if isinstance(answer, str) else payload
    return Response(200, body, CIMultiDict({"Content-Type": "application/json"}))


async def streamed(content_type: str, pieces: AsyncIterator[bytes]) -> Response:
    """The response of a streamed answer, whose status and headers may come before eight NUL bytes."""
    if content_type != INTEGRATION_RESPONSE:
        return Response(200, b"", CIMultiDict({"Content-Type": content_type}), pieces)
    received = b""
    async for piece in pieces:
        received += piece
        head, end, rest = received.partition(_PRELUDE_END)
        if end:
            return _with_stream(head, rest, pieces)
        if len(received) > _MAX_PRELUDE_BYTES:
            break
    raise BadAnswer("a stream without an end of its metadata")


def _with_stream(head: bytes, rest: bytes, pieces: AsyncIterator[bytes]) -> Response:
    try:
        described = json.loads(head)
    except ValueError:
        raise BadAnswer("metadata that is no JSON") from None
    if not isinstance(described, dict):
        raise BadAnswer("metadata that is no object")
    response = _described({"statusCode": 200, **described}, b"", "application/octet-stream")
    response.stream = _continued(rest, pieces)
    return response


async def _continued(rest: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if rest:
        yield rest
    async for piece in pieces:
        yield piece


def _described(answer: dict[str, Any], body: bytes, content_type: str = "application/json") -> Response:
    try:
        status = int(answer["statusCode"])
    except (TypeError, ValueError):
        raise BadAnswer("a statusCode that is no number") from None
    if not 100 <= status <= 599:
        raise BadAnswer("a statusCode that is none of HTTP")
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in (answer.get("headers") or {}).items():
        headers[_remapped(name)] = _text(value)
    headers.setdefault("Content-Type", content_type)
    for cookie in answer.get("cookies") or ():
        headers.add("Set-Cookie", str(cookie))
    return Response(status, body, headers)


def _remapped(name: str) -> str:
    return f"x-amzn-Remapped-{name}" if name.lower() in _NOT_THE_FUNCTIONS else name


def _body(answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    if not answer.get("isBase64Encoded"):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadAnswer("a body that is no base64") from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
