"""JSONPath as API Gateway's mapping templates and parameter mappings read it (the dialect of Jayway's JsonPath).

`$.a.b`, `$['a']`, `$.list[0]`, `[-1]`, `[1:3]`, `[0,2]`, `[*]`, `.*`, `..name`, `[?(@.price < 10 && @.kind == 'x')]`,
`.length()`, `.size()`. A path that names one place is *definite* and gives its value; any other gives a list of what it
finds.
Source: https://github.com/json-path/JsonPath, named by AG `api-gateway-mapping-template-reference.html`.
"""

from __future__ import annotations

import functools
import json
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

MISSING: Any = object()
"""What a definite path gives that leads nowhere."""

_Step = Callable[[Any], Iterator[Any]]

_NAME = re.compile(r"\.(?P<name>[^.\[\]()*\s]+)(?P<call>\(\))?|\.(?P<all>\*)")
_DEEP = re.compile(r"\.\.(?:(?P<name>[^.\[\]()*\s]+)|(?P<all>\*)|(?=\[))")
_FILTER = re.compile(r"\[\s*\?\s*\((?P<condition>(?:'[^']*'|\"[^\"]*\"|[^'\"\]])*)\)\s*\]")
_BRACKET = re.compile(r"\[(?P<inside>(?:'[^']*'|\"[^\"]*\"|[^\]'\"])*)\]")
_QUOTED = re.compile(r"""\s*(?:'([^']*)'|"([^"]*)")\s*(?:,|$)""")
_INDICES = re.compile(r"\s*-?\d+\s*(?:,\s*-?\d+\s*)*")
_SLICE = re.compile(r"\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*)\s*)?")
_COMPARISON = re.compile(r"\s*@(?P<path>[^\s=!<>&|]*)\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<literal>.+?))?\s*")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class InvalidPath(ValueError):
    """The text is no JSONPath; the message says from where on."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A compiled path."""

    steps: tuple[_Step, ...]
    definite: bool

    def find(self, document: Any) -> Any:
        """The value (MISSING where there is none) of a definite path, the list of values of any other."""
        values = [document]
        for step in self.steps:
            values = [found for value in values for found in step(value)]
        if not self.definite:
            return values
        return values[0] if values else MISSING


@functools.lru_cache(maxsize=1024)
def compile_path(text: str) -> JsonPath:
    """The leading `$` may be left out, as in parameter mappings. Raises InvalidPath."""
    path = text.strip().removeprefix("$")
    if path and path[0] not in ".[":
        path = f".{path}"
    steps: list[_Step] = []
    definite, position = True, 0
    while position < len(path):
        found = _step_at(path, position)
        if found is None:
            raise InvalidPath(f"{text!r} is no JSONPath from {path[position:]!r} on")
        step, one, position = found
        steps.append(step)
        definite = definite and one
    return JsonPath(tuple(steps), definite)


def _step_at(path: str, at: int) -> tuple[_Step, bool, int] | None:
    """The step that begins at a position, whether it leads to one place, and where it ends."""
    if deep := _DEEP.match(path, at):
        return functools.partial(_descend, name=deep["name"], every=deep["all"] is not None), False, deep.end()
    if name := _NAME.match(path, at):
        if name["all"]:
            return _children, False, name.end()
        if name["call"] and name["name"] in ("length", "size"):
            return _length, True, name.end()
        return (functools.partial(_names, names=(name["name"],)), True, name.end()) if not name["call"] else None
    if condition := _FILTER.match(path, at):
        test = _condition(condition["condition"])
        return functools.partial(_filtered, test=test), False, condition.end()
    if bracket := _BRACKET.match(path, at):
        step = _bracket(bracket["inside"])
        return (*step, bracket.end()) if step else None
    return None


def _bracket(inside: str) -> tuple[_Step, bool] | None:
    if inside.strip() == "*":
        return _children, False
    if _INDICES.fullmatch(inside):
        indices = tuple(int(index) for index in inside.split(","))
        return functools.partial(_indices, indices=indices), len(indices) == 1
    if cut := _SLICE.fullmatch(inside):
        bounds = slice(*(int(bound) if bound else None for bound in cut.groups()))
        return functools.partial(_sliced, bounds=bounds), False
    names = tuple(single or double for single, double in _QUOTED.findall(inside))
    if names and _QUOTED.sub("", inside).strip() == "":
        return functools.partial(_names, names=names), len(names) == 1
    return None


# --- steps ----------------------------------------------------------------------------------------------------------


def _names(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (value[name] for name in names if name in value)


def _indices(value: Any, indices: tuple[int, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        yield from (value[index] for index in indices if -len(value) <= index < len(value))


def _sliced(value: Any, bounds: slice) -> Iterator[Any]:
    if isinstance(value, list) and bounds.step != 0:
        yield from value[bounds]


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield from value.values() if isinstance(value, dict) else value


def _length(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list | str):
        yield len(value)


def _descend(value: Any, name: str | None, every: bool) -> Iterator[Any]:
    """Everything below (`..*`), everything of a name, or every value itself, which a bracket is then applied to."""
    if name is not None:
        yield from _names(value, (name,))
    elif not every:
        yield value
    for child in _children(value):
        if every:
            yield child
        yield from _descend(child, name, every)


def _filtered(value: Any, test: Callable[[Any], bool]) -> Iterator[Any]:
    """The items of a list that pass; an object is tested itself."""
    candidates = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    yield from (item for item in candidates if test(item))


# --- filters --------------------------------------------------------------------------------------------------------


def _condition(text: str) -> Callable[[Any], bool]:
    """Comparisons of `@…` with literals, joined by `&&`, which binds closer, and `||`."""
    alternatives = [[_comparison(part) for part in every.split("&&")] for every in text.split("||")]
    return lambda item: any(all(test(item) for test in tests) for tests in alternatives)


def _comparison(text: str) -> Callable[[Any], bool]:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise InvalidPath(f"{text!r} is no condition of a JSONPath filter")
    path = compile_path(found["path"])
    if found["operator"] is None:
        return lambda item: path.find(item) not in (MISSING, [])
    compare, literal = _OPERATORS[found["operator"]], _literal(found["literal"])
    return lambda item: _compares(compare, path.find(item), literal)


def _literal(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidPath(f"{text!r} is no literal of a JSONPath filter") from None


def _compares(compare: Callable[[Any, Any], bool], value: Any, literal: Any) -> bool:
    try:
        return value is not MISSING and compare(value, literal)
    except TypeError:
        return False
