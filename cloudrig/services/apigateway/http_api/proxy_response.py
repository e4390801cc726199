"""What functions answer, as responses: payload format 2.0, which may be inferred, and 1.0, which is strict.

Source: AG `http-api-develop-integrations-lambda.html`. What is no response gets 500 `Internal Server Error`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.messages import Response
from cloudrig.services.apigateway.http_api.errors import internal_error

DEFAULT_TYPE = "text/plain;charset=UTF-8"  # unverified: of a response that names no content type

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LINE_BREAKS = str.maketrans("", "", "\r\n\0")
_OWN_HEADERS = frozenset({"connection", "content-length", "date", "server", "transfer-encoding", "upgrade"})
"""What a function says about the connection is not passed on."""


def response_2(payload: bytes) -> Response:
    """Without a `statusCode`, the whole payload is the body of a 200 in JSON. Raises Refused (500)."""
    output = _parsed(payload)
    if not isinstance(output, dict) or "statusCode" not in output:
        return Response(200, payload, CIMultiDict({"Content-Type": "application/json"}))
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in _pairs(output, "headers"):
        _add(headers, name, value)
    for cookie in _listed(output.get("cookies")):
        _add(headers, "Set-Cookie", cookie)
    return _response(output, headers)


def response_1(payload: bytes) -> Response:
    """`headers` and `multiValueHeaders` in one; a pair that is in both appears once. Raises Refused (500)."""
    output = _parsed(payload)
    if not isinstance(output, dict) or "statusCode" not in output:
        raise internal_error("the function's output has no statusCode")
    headers: CIMultiDict[str] = CIMultiDict()
    for name, values in _pairs(output, "multiValueHeaders"):
        for value in _listed(values):
            _add(headers, name, value)
    for name, value in _pairs(output, "headers"):
        if _text(value) not in headers.getall(name, ()):
            _add(headers, name, value)
    return _response(output, headers)


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise internal_error("the function's output is no JSON") from None


def _response(output: dict[str, Any], headers: CIMultiDict[str]) -> Response:
    headers.setdefault("Content-Type", DEFAULT_TYPE)
    return Response(_status(output["statusCode"]), _body(output), headers)


def _status(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise internal_error(f"statusCode {value!r} is none")
    return value


def _body(output: dict[str, Any]) -> bytes:
    body = output.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise internal_error("the body is no text")
    if output.get("isBase64Encoded") is not True:
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise internal_error("the body is no base64") from None


def _pairs(output: dict[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    value = output.get(key)
    if value is not None and not isinstance(value, dict):
        raise internal_error(f"{key} is no object")
    yield from (value or {}).items()


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise internal_error("a list is expected where there is none")
    return value


def _add(headers: CIMultiDict[str], name: str, value: Any) -> None:
    if not _TOKEN.fullmatch(name):
        raise internal_error(f"{name!r} cannot be the name of a header")
    if name.lower() not in _OWN_HEADERS:
        headers.add(name, _text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value)
    if not isinstance(value, str):
        raise internal_error("the value of a header is no text")
    return value.translate(_LINE_BREAKS)
