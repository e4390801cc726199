"""Parameter mapping: what changes on the way to the back end, and on the way back.

A key names what is done to what (`append:header.X`, `overwrite:path`, `overwrite:statuscode`), a value where the new
data comes from: text with `$request.header.X`, `$request.body.a.b`, `$context.requestId`, … in it, braced or not.
Source: AG `http-api-parameter-mapping.html`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from cloudrig.services.apigateway.vtl.jsonpath import MISSING, InvalidPath, compile_path

REQUEST_KEY = re.compile(r"(append|overwrite|remove):(header|querystring)\.(.+)|overwrite:path")
RESPONSE_KEY = re.compile(r"(append|overwrite|remove):header\.(.+)|overwrite:statuscode")

_RESERVED = re.compile(
    r"access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded"
    r"|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-amz-.*"
    r"|x-amzn-.*|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\$\{(?P<braced>(?:request|response|context|stageVariables)(?:\.[^{}]+)?)\}"
    r"|\$(?P<bare>(?:request|response|context|stageVariables)(?:\.[\w$-]+|\[[^\]]*\])*)"
)

Lookup = Callable[[str], str | None]
"""The value of `request.header.x`; None where there is none."""


def is_reserved(header: str) -> bool:
    """Whether mappings may not touch a header."""
    return _RESERVED.fullmatch(header) is not None


class Template:
    """The value of a mapping, compiled. A value that is one reference and leads nowhere has no value."""

    def __init__(self, text: str) -> None:
        self._parts: list[tuple[bool, str]] = []
        position = 0
        for found in _REFERENCE.finditer(text):
            self._parts.append((False, text[position : found.start()]))
            self._parts.append((True, found["braced"] or found["bare"]))
            position = found.end()
        self._parts = [part for part in [*self._parts, (False, text[position:])] if part[1]]

    def value(self, lookup: Lookup) -> str | None:
        values = [lookup(text) if is_reference else text for is_reference, text in self._parts]
        if len(values) == 1:
            return values[0]
        return "".join(value or "" for value in values)


def from_json(body: bytes, path: str) -> str | None:
    """What a path (`a.b[0]`; empty: all of it) leads to in a body, as text."""
    if not path:
        return body.decode("utf-8", "replace")
    try:
        found = compile_path(f"$.{path}" if not path.startswith("[") else f"${path}").find(json.loads(body))
    except (ValueError, InvalidPath, RecursionError):
        return None
    return None if found is MISSING else as_text(found)


def as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def step_through(value: Any, path: str) -> str | None:
    """`a.b` in nested mappings, as text; None for what is none."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if isinstance(value, Mapping | list) else as_text(value)
