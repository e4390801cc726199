"""Selection expressions: which route (later: model, template, API key) a message is for.

An expression is static text with `$request.body.a.b` or `${request.body.a.b}` in it; `\\$` is a dollar sign. It is
compiled when it is deployed and evaluated once per message, on text messages only. A body that is no JSON, or a path
that is not in it, gives empty text.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NULL_TEXT = ""  # unverified: what a JSON null is as text
_MISSING = object()

_VARIABLE = re.compile(r"\$\{(?P<braced>[^{}$]+)\}|\$(?P<bare>[A-Za-z][\w-]*(?:\.[\w-]+|\[\d+\])*)")
_STEP = re.compile(r"\.?([\w-]+)|\[(\d+)\]")
_PATH = re.compile(r"[\w-]+(?:\.[\w-]+|\[\d+\])*")


class InvalidExpression(ValueError):
    """The text is no selection expression; the message says which part is wrong."""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
"""Python's reader without its extensions (NaN, Infinity), made once: it is on the path of every message."""


def parse_body(text: str) -> Any:
    """The JSON value of a message body, or None where it is not JSON (too deeply nested included)."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Variable:
    """`$request.body.a[0].b`: a source (`request.body`, `request.header`, `context`, `stageVariables`) and a path."""

    source: str
    steps: tuple[str | int, ...]

    def value(self, sources: Mapping[str, Any]) -> str:
        found = sources.get(self.source)
        for step in self.steps:
            found = _child(found, step)
        try:
            return "" if found is _MISSING else as_text(found)
        except RecursionError:  # nested just below what the JSON reader takes: no key looks like that
            return ""


@dataclass(frozen=True, slots=True)
class Expression:
    """Static text and variables in turn."""

    text: str
    parts: tuple[str | Variable, ...]

    def evaluate(self, sources: Mapping[str, Any]) -> str:
        """`sources` maps a variable's source to its JSON value: `{"request.body": {...}}`."""
        return "".join(part if isinstance(part, str) else part.value(sources) for part in self.parts)

    def variables(self) -> tuple[Variable, ...]:
        return tuple(part for part in self.parts if isinstance(part, Variable))


def compile_expression(text: str) -> Expression:
    """Raises InvalidExpression: a lone `$`, an unclosed brace, an unknown source. `$default` alone is itself."""
    if text == "$default":
        return Expression(text, (text,))
    parts: list[str | Variable] = []
    position = 0
    while position < len(text):
        if text.startswith("\\$", position):
            parts.append("$")
            position += 2
        elif text[position] == "$":
            found = _VARIABLE.match(text, position)
            if found is None:
                raise InvalidExpression(f"no variable follows the $ at position {position} of {text!r}")
            parts.append(_variable(found["braced"] or found["bare"]))
            position = found.end()
        else:
            parts.append(text[position])
            position += 1
    return Expression(text, _joined(parts))


def as_text(value: Any) -> str:
    """A selected value as text: strings as they are, lists like `[item1, item2]`.

    Objects as compact JSON: unverified.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return NULL_TEXT
    if isinstance(value, list):
        return "[" + ", ".join(as_text(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_SOURCES = (
    "request.body",
    "request.header",
    "request.querystring",
    "context",
    "stageVariables",
    "integration.response.body",
    "integration.response.header",
    "integration.response.multivalueheader",
    "integration.response.statuscode",
)


def _variable(text: str) -> Variable:
    for source in _SOURCES:
        if text == source:
            return Variable(source, ())
        rest = text.removeprefix(f"{source}.")
        if rest != text and _PATH.fullmatch(rest):
            return Variable(source, tuple(_steps(rest)))
    raise InvalidExpression(f"{text!r} is not a variable of a selection expression")


def _steps(path: str) -> list[str | int]:
    return [int(index) if index else name for name, index in _STEP.findall(path)]


def _child(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
    return value[step] if isinstance(value, list) and step < len(value) else _MISSING


def _joined(parts: list[str | Variable]) -> tuple[str | Variable, ...]:
    """Neighbouring pieces of static text as one."""
    joined: list[str | Variable] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
