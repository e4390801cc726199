"""Velocity (VTL) by the library airspeed, with values that behave as Java's do on AWS.

airspeed looks names up as Python attributes, prints Python's forms, and loops and grows without end. Parts of it are
replaced here, for the whole process, by ours: a template sees maps, lists, text, numbers and the methods of `_METHODS`
and nothing of Python; values print as on AWS; a `#foreach` ends after 1,000 rounds. What is missing or null is
`NOTHING`: empty text that counts as true, since AWS hands templates no nulls.
Sources: AG `models-mappings.html`, `limits.html` (300 KB, 1,000 rounds); what AWS renders is recorded in the tests of
airspeed-ext. Unlike AWS, which prints them as text, `#macro`, `#evaluate` and `#return` work.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from airspeed import TemplateError, operators

MAX_TEMPLATE_BYTES = 300 * 1024
MAX_ROUNDS = 1000
MAX_ROUNDS_IN_ALL = 50_000
"""Of all loops in one rendering. AWS states no such limit; without one, nested loops could hold up the engine."""

MAX_SIZE = 10 * 1024 * 1024
"""Of a text, list or map that a template makes, and of its output: what a payload may have. AWS states no such limit;
without one, 40 rounds that double a text take all memory there is.
"""
MAX_INTEGER_BITS = 4096
"""Numbers have no limit in Velocity; 40 rounds that square one would hold up the engine for ever."""

_ROUNDS = "\0rounds"


class InvalidTemplate(ValueError):
    """The text is no template; the message says why."""


class TemplateFailed(Exception):
    """A template could not be rendered; the message says why."""


class _Empty(str):
    """Empty text, true as in Java, where only `false` and null are not."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


NOTHING, EMPTY = _Empty(), _Empty()
"""Null as templates see it, and the empty text of a payload."""


class JsonArray(list[Any]):
    """A list out of a payload: it prints as JSON, one that a template makes as Java prints lists."""

    __slots__ = ()


class Template:
    """A parsed template. Rendering it does not change it."""

    def __init__(self, text: str) -> None:
        """Raises InvalidTemplate."""
        if len(text.encode("utf-8", "replace")) > MAX_TEMPLATE_BYTES:
            raise InvalidTemplate("the template is larger than 300 KB")
        self._template = operators.Template(text)
        try:
            self._template.ensure_compiled()
        except (TemplateError, operators.NoMatch, RecursionError) as error:
            raise InvalidTemplate(str(error) or "the template is nested too deeply") from None

    def render(self, variables: Mapping[str, Any]) -> str:
        """Raises TemplateFailed. `#set` on a path (`$context.a.b`) changes the variables."""
        try:
            text: str = self._template.merge({**variables, _ROUNDS: [MAX_ROUNDS_IN_ALL]})
        except TemplateError as error:
            cause = error.__cause__
            raise cause if isinstance(cause, TemplateFailed) else TemplateFailed(str(error)) from None
        except RecursionError:
            raise TemplateFailed("the template is nested too deeply") from None
        return text


@functools.lru_cache(maxsize=512)
def compile_template(text: str) -> Template:
    """A template, parsed once for all its renderings. Raises InvalidTemplate."""
    return Template(text)


def from_json(value: Any) -> Any:
    """A JSON value as templates see it; a copy, that they may change."""
    if isinstance(value, dict):
        return {name: from_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return JsonArray(from_json(item) for item in value)
    return NOTHING if value is None else EMPTY if value == "" else value


def as_json(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), default=as_text)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {as_text(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if value is NOTHING else value


def as_text(value: Any) -> str:
    """A value as AWS prints it: maps and lists in Java's form, JSON in JSON's."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_text(key)}={as_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, JsonArray):
        return as_json(value)
    if isinstance(value, list | range):
        return "[" + ", ".join(as_text(item) for item in value) + "]"
    return "" if value is None or callable(value) else str(value)


# --- methods --------------------------------------------------------------------------------------------------------


def _java_replacement(text: str) -> str:
    r"""`$1` and `\x` of Java's replacements as Python writes them."""
    return re.sub(r"\\(.)|\$(\d)", lambda found: f"\\g<{found[2]}>" if found[2] else re.escape(found[1]), text)


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    return re.sub(pattern, _java_replacement(replacement), text)


def _put(values: dict[Any, Any], key: Any, value: Any) -> Any:
    before = values.get(key)
    values[key] = value
    return before


def _set(values: list[Any], index: int, value: Any) -> Any:
    before, values[index] = values[index], value
    return before


def _add(values: list[Any], value: Any) -> bool:
    values.append(value)
    return True


def _entries(values: dict[Any, Any]) -> list[Any]:
    return [
        {"key": key, "value": value, "getKey": lambda key=key: key, "getValue": lambda value=value: value}
        for key, value in values.items()
    ]


_ANY: Mapping[str, Callable[..., Any]] = {"toString": as_text, "equals": lambda value, other: value == other}

_METHODS: tuple[tuple[type, Mapping[str, Callable[..., Any]]], ...] = (
    (
        str,
        {
            "charAt": lambda text, index: text[index],
            "concat": lambda text, other: text + other,
            "contains": lambda text, part: part in text,
            "endsWith": lambda text, part: text.endswith(part),
            "equalsIgnoreCase": lambda text, other: text.lower() == as_text(other).lower(),
            "indexOf": lambda text, part: text.find(part),
            "isEmpty": lambda text: len(text) == 0,
            "lastIndexOf": lambda text, part: text.rfind(part),
            "length": len,
            "matches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
            "replace": lambda text, old, new: text.replace(old, new),
            "replaceAll": _replace_all,
            "replaceFirst": lambda text, pattern, new: re.sub(pattern, _java_replacement(new), text, count=1),
            "split": lambda text, pattern: re.split(pattern, text),
            "startsWith": lambda text, part: text.startswith(part),
            "substring": lambda text, start, end=None: text[start:end],
            "toLowerCase": str.lower,
            "toUpperCase": str.upper,
            "trim": str.strip,
        },
    ),
    (
        list,
        {
            "add": _add,
            "addAll": lambda values, others: bool(values.extend(others) or others),
            "contains": lambda values, value: value in values,
            "get": lambda values, index: values[index],
            "indexOf": lambda values, value: values.index(value) if value in values else -1,
            "isEmpty": lambda values: not values,
            "remove": lambda values, index: values.pop(index),
            "set": _set,
            "size": len,
            "subList": lambda values, start, end: values[start:end],
        },
    ),
    (
        dict,
        {
            "containsKey": lambda values, key: key in values,
            "containsValue": lambda values, value: value in values.values(),
            "entrySet": _entries,
            "get": lambda values, key: values.get(key),
            "getOrDefault": lambda values, key, default: values.get(key, default),
            "isEmpty": lambda values: not values,
            "keySet": lambda values: list(values),
            "put": _put,
            "putAll": lambda values, others: values.update(others),
            "remove": lambda values, key: values.pop(key, None),
            "size": len,
            "values": lambda values: list(values.values()),
        },
    ),
)


def _member(value: Any, name: str) -> Any:
    """What a name stands for on a value: an entry of a map, or a method bound to the value; None is neither."""
    if isinstance(value, dict) and name in value:
        return value[name]
    for kind, methods in _METHODS:
        if isinstance(value, kind) and name in methods:
            method = methods[name]
            return lambda *arguments: method(value, *arguments)
    general = _ANY.get(name)
    return None if general is None else lambda *arguments: general(value, *arguments)


# --- airspeed's functions, replaced ---------------------------------------------------------------------------------

_calculate_variable = operators.NameOrCall.calculate
_parse_assignment = operators.Assignment.parse
_parse_foreach = operators.ForeachDirective.parse


def _calculate_name(self: Any, current: Any, loader: Any, namespace: Any) -> Any:
    """`NameOrCall.calculate`: a variable of the template, or a name on a value."""
    if isinstance(current, operators.LocalNamespace):
        found = _calculate_variable(self, current, loader, namespace)
        return NOTHING if found is None else found
    found = _member(current, self.name)
    if self.parameters is not None:
        found = _limited(found(*self.parameters.calculate(namespace, loader))) if callable(found) else None
        _limited(current)  # `addAll` makes it larger
    elif self.index is not None:
        found = _item(found, self.index.calculate(namespace, loader))
    return NOTHING if found is None else found


def _item(value: Any, index: Any) -> Any:
    try:
        return value[index]
    except (KeyError, IndexError, TypeError):
        return None


def _calculate_index(self: Any, current: Any, loader: Any, namespace: Any) -> Any:
    """`SubExpression.calculate`: an index behind an index is empty where there is nothing, instead of an error."""
    if not isinstance(self.expression, operators.ArrayIndex):
        return self.expression.calculate(current, loader, namespace)
    found = _item(current, self.expression.calculate(namespace, loader))
    found = NOTHING if found is None else found
    return self.subexpression.calculate(found, loader, namespace) if self.subexpression else found


class _Rounds:
    """What a `#foreach` goes through: the items of a list, the values of a map, at most as many as AWS allows."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def calculate(self, namespace: Any, loader: Any) -> list[Any]:
        items = self._value.calculate(namespace, loader)
        if isinstance(items, dict):
            items = items.values()
        rounds = [] if isinstance(items, str) else list(islice(items, MAX_ROUNDS))
        left = namespace[_ROUNDS]
        left[0] -= len(rounds)
        if left[0] < 0:
            raise TemplateFailed(f"the template's loops have more than {MAX_ROUNDS_IN_ALL} rounds")
        return rounds


def _limited(value: Any) -> Any:
    """The same value. Raises TemplateFailed where it is too large."""
    if isinstance(value, str | list | dict) and len(value) > MAX_SIZE:
        raise TemplateFailed(f"the template makes a value of more than {MAX_SIZE} characters or items")
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise TemplateFailed(f"the template makes a number of more than {MAX_INTEGER_BITS} bits")
    return value


class _LimitedValue:
    """The value of a `#set`."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def calculate(self, namespace: Any, loader: Any) -> Any:
        return _limited(self._value.calculate(namespace, loader))


class _LimitedStream(operators.StoppableStream):  # type: ignore[misc]  # airspeed has no types
    """What a template, or a text in double quotes, is written to."""

    def write(self, text: str) -> None:
        if self.tell() + len(text) > MAX_SIZE:
            raise TemplateFailed(f"the template makes a text of more than {MAX_SIZE} characters")
        super().write(text)


def _limited_assignment(self: Any) -> None:
    _parse_assignment(self)
    self.value = _LimitedValue(self.value)


def _limited_foreach(self: Any) -> None:
    _parse_foreach(self)
    self.value = _Rounds(self.value)


operators.NameOrCall.calculate = _calculate_name
operators.SubExpression.calculate = _calculate_index
operators.Assignment.parse = _limited_assignment
operators.ForeachDirective.parse = _limited_foreach
operators.StoppableStream = _LimitedStream
operators.value_to_string = as_text
