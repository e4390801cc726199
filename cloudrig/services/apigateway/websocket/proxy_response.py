"""Reads what a function answered to a WebSocket route, as strictly as AWS does.

`{"statusCode": 200, "body"?: "text", "headers"?: {}, "multiValueHeaders"?: {}, "isBase64Encoded"?: false}` and nothing
else: an unknown key, a missing status or a body that is no string makes the whole answer malformed.
Evidence: middyjs/middy#1219, architect/architect#1093, webiny/webiny-js#4790.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_KEYS = frozenset({"statusCode", "body", "headers", "multiValueHeaders", "isBase64Encoded"})


class MalformedResponse(ValueError):
    """The answer is not what a proxy integration may return; the message says why."""


@dataclass(frozen=True, slots=True)
class ProxyResponse:
    """`body` is the text to send, decoded where it came in base64. Header names are lower case, the last value wins."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_proxy_response(payload: bytes) -> ProxyResponse:
    """Raises MalformedResponse. null stands for an absent optional key (unverified)."""
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        raise MalformedResponse("the function's answer is not JSON") from None
    if not isinstance(answer, dict):
        raise MalformedResponse("the function's answer is not an object")
    unknown = answer.keys() - _KEYS
    if unknown:
        raise MalformedResponse(f"the function's answer has unknown keys: {', '.join(sorted(unknown))}")
    return ProxyResponse(_status(answer), _body(answer), _headers(answer))


def _status(answer: dict[str, Any]) -> int:
    status = answer.get("statusCode")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedResponse("statusCode is not an HTTP status")
    return status


def _body(answer: dict[str, Any]) -> str:
    body = answer.get("body")
    if body is None:
        return ""
    if not isinstance(body, str):
        raise MalformedResponse("body is not a string")
    encoded = answer.get("isBase64Encoded")
    if not isinstance(encoded, bool | None):
        raise MalformedResponse("isBase64Encoded is not a boolean")
    return _decoded(body) if encoded else body


def _decoded(body: str) -> str:
    """Text out of base64; WebSocket APIs send text frames only. What is not base64 is malformed (unverified)."""
    try:
        return base64.b64decode(body, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise MalformedResponse("body is not base64") from None


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    single, multiple = _object(answer, "headers"), _object(answer, "multiValueHeaders")
    headers = {name.lower(): _header_value(value) for name, value in single.items()}
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedResponse(f"the values of {name} in multiValueHeaders are not a list")
        headers |= {name.lower(): _header_value(value) for value in values}
    return headers


def _object(answer: dict[str, Any], key: str) -> dict[str, Any]:
    value = answer.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedResponse(f"{key} is not an object")
    return value


def _header_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise MalformedResponse("a header value is neither text, number nor boolean")
    return str(value)
