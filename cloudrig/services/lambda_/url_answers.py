"""From what a function answered to what the client of its URL gets.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload,
https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html (streams)
"""

from __future__ import annotations

import base64
import json
import re
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
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSENDABLE = re.compile("[\r\n\0\ud800-\udfff]")
"""What a header's value cannot hold: ends of lines, and halves of characters, which have no bytes."""


class BadAnswer(ValueError):
    """What the function answered is no HTTP response."""


def buffered(payload: bytes) -> Response:
    """The response of a whole answer: an object with `statusCode` says what it is, anything else is the body.

    Such a body is written anew, without spaces: recorded in LocalStack's AWS-validated snapshots (`TestLambdaURL`).
    """
    answer = _parsed(payload)
    if isinstance(answer, dict) and "statusCode" in answer:
        return _described(answer, _body(answer))
    text = answer if isinstance(answer, str) else json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    return Response(200, text.encode("utf-8", "replace"), CIMultiDict({"Content-Type": "application/json"}))


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
    described = _parsed(head)
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


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadAnswer("no JSON") from None


def _described(answer: dict[str, Any], body: bytes, content_type: str = "application/json") -> Response:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in _pairs(answer, "headers").items():
        headers[_remapped(name)] = _text(value)
    headers.setdefault("Content-Type", content_type)
    for cookie in _listed(answer, "cookies"):
        headers.add("Set-Cookie", _text(cookie))
    return Response(_status(answer["statusCode"]), body, headers)


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError, OverflowError):
        raise BadAnswer("a statusCode that is no number") from None
    if not 200 <= status <= 599:
        raise BadAnswer("a statusCode that ends no exchange in HTTP")
    return status


def _pairs(answer: dict[str, Any], key: str) -> dict[str, Any]:
    value = answer.get(key)
    if value is not None and not isinstance(value, dict):
        raise BadAnswer(f"{key} that are no object")
    return value or {}


def _listed(answer: dict[str, Any], key: str) -> list[Any]:
    value = answer.get(key)
    if value is not None and not isinstance(value, list):
        raise BadAnswer(f"{key} that are no list")
    return value or []


def _remapped(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise BadAnswer("the name of a header that cannot be one")
    return f"x-amzn-Remapped-{name}" if name.lower() in _NOT_THE_FUNCTIONS else name


def _body(answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    if not answer.get("isBase64Encoded"):
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadAnswer("a body that is no base64") from None


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise BadAnswer("the value of a header that is no text")
    return _UNSENDABLE.sub("", str(value))
