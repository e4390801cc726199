"""What is refused before it reaches dynoxide: bodies too large or nested so deeply that parsing them would end it.

Everything a well-formed request can hold is left to dynoxide, which checks it as AWS does (32 levels of an attribute,
400 KB of an item, 4 KB of an expression). The checks here cost a few counts of bytes unless a body looks suspicious.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from cloudrig.services.dynamodb.errors import (
    RequestEntityTooLargeException,
    SerializationException,
    ValidationException,
)

MAX_REQUEST_BYTES = 16 * 1024 * 1024
MAX_JSON_DEPTH = 90
"""An attribute of 32 levels takes 64 levels of JSON, a transaction adds 7; dynoxide's parser ends at 128."""
MAX_EXPRESSION_DEPTH = 300
"""No expression holds more than 300 operators."""

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
_ROUND = bytes.maketrans(b"[]", b"{}")


def read_body(body: bytes, encoding: str | None) -> bytes:
    """The body of a request as dynoxide may have it: unzipped, and checked for size and nesting."""
    if encoding is not None and encoding.strip().lower() == "gzip":
        body = _unzip(body)
    if len(body) > MAX_REQUEST_BYTES:
        raise RequestEntityTooLargeException(f"The request is larger than {MAX_REQUEST_BYTES} bytes")
    if body.count(b"{") + body.count(b"[") > MAX_JSON_DEPTH and _json_depth(body, MAX_JSON_DEPTH) > MAX_JSON_DEPTH:
        raise ValidationException(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        )
    if body.count(b"(") > MAX_EXPRESSION_DEPTH:
        _check_expressions(body)
    return body


def _unzip(body: bytes) -> bytes:
    """At most one byte more than is allowed, so that a bomb does no harm."""
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return unzip.decompress(body, MAX_REQUEST_BYTES + 1)
    except zlib.error as error:
        raise SerializationException(f"the body is not gzip: {error}") from None


def _json_depth(body: bytes, enough: int) -> int:
    """How deep objects and lists nest, counted until just past `enough`. Each pass takes the innermost level off."""
    brackets = _STRINGS.sub(b"", body).translate(_ROUND, _NOT_BRACKETS)
    depth = 0
    while brackets and depth <= enough:
        inner = brackets.replace(b"{}", b"")
        if len(inner) == len(brackets):
            break
        brackets, depth = inner, depth + 1
    return depth


def _check_expressions(body: bytes) -> None:
    try:
        request = json.loads(body)
    except ValueError:
        return
    for expression in _expressions(request):
        if _parenthesis_depth(expression) > MAX_EXPRESSION_DEPTH:
            raise ValidationException("Invalid expression: the expression is nested too deeply")


def _expressions(value: Any) -> Iterator[str]:
    """Every text under a name that ends in `Expression`, and every PartiQL `Statement`."""
    if isinstance(value, list):
        for item in value:
            yield from _expressions(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, str) and (name.endswith("Expression") or name == "Statement"):
                yield member
            else:
                yield from _expressions(member)


def _parenthesis_depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest
