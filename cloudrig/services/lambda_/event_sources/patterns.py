"""Event patterns of EventBridge, as `FilterCriteria` uses them: compiled once, then asked about each record.

A pattern is a tree of field names whose leaves are lists of alternatives: values, or objects with one operator. An
array in the event matches where one of its members does; a pattern over an array of objects must be met by one of them
whole.
Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

Matcher = Callable[[Any], bool]
"""Whether a field's value matches; the value is ABSENT where the event has no such field."""

ABSENT = object()
MAX_NUMBER = 5e9
"""Numbers in patterns lie between -5.0e9 and 5.0e9."""

_COMPARISONS = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class InvalidPattern(Exception):
    """The text is no event pattern; the message says where."""


def compile_pattern(text: str) -> Matcher:
    """What tells whether an event, parsed from JSON, matches a pattern. Raises InvalidPattern."""
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise InvalidPattern(f"not JSON: {error}") from None
    return _fields(pattern)


# --- the tree -------------------------------------------------------------------------------------------------------


def _fields(pattern: Any) -> Matcher:
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidPattern("a pattern is an object with at least one field")
    children = [(name, _field(child)) for name, child in pattern.items() if not _is_or(name, child)]
    choices = [[_fields(choice) for choice in child] for name, child in pattern.items() if _is_or(name, child)]

    def matches(value: dict[str, Any]) -> bool:
        return all(child(value.get(name, ABSENT)) for name, child in children) and all(
            any(choice(value) for choice in alternatives) for alternatives in choices
        )

    return lambda value: any(matches(one) for one in _objects(value))


def _is_or(name: str, child: Any) -> bool:
    return name == "$or" and isinstance(child, list) and len(child) > 1 and all(isinstance(one, dict) for one in child)


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects that a pattern's fields are looked up in: none there is one without fields (`exists: false`)."""
    found: list[dict[str, Any]] = [one for one in _members(value) if isinstance(one, dict)]
    return found or [{}]


def _members(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _members(one)
    else:
        yield value


def _field(pattern: Any) -> Matcher:
    if isinstance(pattern, dict):
        return _fields(pattern)
    if not isinstance(pattern, list) or not pattern:
        raise InvalidPattern("a field's values stand in a list, which is not empty")
    alternatives = [_alternative(one) for one in pattern]
    absent_matches = any(one == {"exists": False} for one in pattern)

    def matches(value: Any) -> bool:
        leaves = [one for one in _members(value) if one is not ABSENT and not isinstance(one, dict)]
        if not leaves:
            return absent_matches
        return any(alternative(leaf) for leaf in leaves for alternative in alternatives)

    return matches


# --- alternatives for one leaf --------------------------------------------------------------------------------------


def _alternative(pattern: Any) -> Matcher:
    if isinstance(pattern, list):
        raise InvalidPattern("lists of values do not nest")
    if not isinstance(pattern, dict):
        return _equals(pattern)
    if len(pattern) != 1:
        raise InvalidPattern("an operator stands alone in its object")
    ((name, operand),) = pattern.items()
    if name not in _OPERATORS:
        raise InvalidPattern(f"unrecognized match type {name}")
    return _OPERATORS[name](operand)


def _equals(wanted: Any) -> Matcher:
    key = _comparable(wanted)
    return lambda value: _comparable(value) == key


def _comparable(value: Any) -> tuple[str, Any]:
    """A value that equals only its like: 1 and 1.0, but not 1 and true."""
    if isinstance(value, bool):
        return "bool", value
    return ("number", float(value)) if isinstance(value, (int, float)) else ("other", value)


def _exists(operand: Any) -> Matcher:
    if not isinstance(operand, bool):
        raise InvalidPattern("exists is true or false")
    return lambda _: operand


def _prefix(operand: Any) -> Matcher:
    text, fold = _cased(operand, "prefix")
    return lambda value: isinstance(value, str) and fold(value).startswith(text)


def _suffix(operand: Any) -> Matcher:
    text, fold = _cased(operand, "suffix")
    return lambda value: isinstance(value, str) and fold(value).endswith(text)


def _equals_ignore_case(operand: Any) -> Matcher:
    wanted = _text(operand, "equals-ignore-case").casefold()
    return lambda value: isinstance(value, str) and value.casefold() == wanted


def _wildcard(operand: Any) -> Matcher:
    """`*` stands for any characters, `\\*` and `\\\\` for themselves."""
    text = _text(operand, "wildcard")
    if re.search(r"(?<!\\)(?:\\\\)*\*\*", text):
        raise InvalidPattern("consecutive wildcards")
    parts = re.findall(r"\\[*\\]|\*|\\.?|[^*\\]+", text, re.DOTALL)
    if any(part.startswith("\\") and part not in (r"\*", r"\\") for part in parts):
        raise InvalidPattern("a backslash escapes * or another one")
    regex = re.compile(
        "".join(".*" if part == "*" else re.escape(part.removeprefix("\\") or part) for part in parts), re.DOTALL
    )
    return lambda value: isinstance(value, str) and regex.fullmatch(value) is not None


def _cidr(operand: Any) -> Matcher:
    try:
        network = ipaddress.ip_network(_text(operand, "cidr"), strict=False)
    except ValueError as error:
        raise InvalidPattern(str(error)) from None

    def matches(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return matches


def _numeric(operand: Any) -> Matcher:
    """`[">", 0, "<=", 5]`: one comparison, or a lower and an upper bound."""
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise InvalidPattern("numeric takes one or two comparisons")
    signs, bounds = operand[::2], [_number(bound) for bound in operand[1::2]]
    if any(sign not in _COMPARISONS for sign in signs):
        raise InvalidPattern(f"numeric compares by {', '.join(_COMPARISONS)}")
    if len(signs) == 2 and not (signs[0] in (">", ">=") and signs[1] in ("<", "<=") and bounds[0] < bounds[1]):
        raise InvalidPattern("a range has its lower bound first")
    tests = [(_COMPARISONS[sign], bound) for sign, bound in zip(signs, bounds, strict=True)]

    def matches(value: Any) -> bool:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and all(compare(value, bound) for compare, bound in tests)

    return matches


def _anything_but(operand: Any) -> Matcher:
    """A value, values of one kind, or one of the operators on text with one text or several."""
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in _NEGATED:
            raise InvalidPattern(f"anything-but takes values or one of {', '.join(_NEGATED)}")
        ((name, texts),) = operand.items()
        excluded = [_NEGATED[name](text) for text in _non_empty(texts)]
        return lambda value: not any(one(value) for one in excluded)
    values = _non_empty(operand)
    if not all(isinstance(one, str) for one in values) and not all(_is_number(one) for one in values):
        raise InvalidPattern("anything-but takes texts or numbers, not both")
    keys = {_comparable(one) for one in values}
    return lambda value: _comparable(value) not in keys


_NEGATED: dict[str, Callable[[Any], Matcher]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
}
_OPERATORS: dict[str, Callable[[Any], Matcher]] = {
    **_NEGATED,
    "exists": _exists,
    "cidr": _cidr,
    "numeric": _numeric,
    "anything-but": _anything_but,
}


# --- operands -------------------------------------------------------------------------------------------------------


def _text(operand: Any, name: str) -> str:
    if not isinstance(operand, str):
        raise InvalidPattern(f"{name} takes a text")
    return operand


def _cased(operand: Any, name: str) -> tuple[str, Callable[[str], str]]:
    """The text that values are compared with, and what is done to them before: `{"equals-ignore-case": …}` folds."""
    if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"]:
        return _text(operand["equals-ignore-case"], name).casefold(), str.casefold
    return _text(operand, name), str


def _non_empty(operand: Any) -> list[Any]:
    values = operand if isinstance(operand, list) else [operand]
    if not values or "" in values:
        raise InvalidPattern("anything-but takes at least one value, and no empty text")
    return values


def _number(operand: Any) -> float:
    if not _is_number(operand) or abs(operand) > MAX_NUMBER:
        raise InvalidPattern("numeric takes numbers between -5e9 and 5e9")
    return float(operand)


def _is_number(operand: Any) -> bool:
    return isinstance(operand, (int, float)) and not isinstance(operand, bool)
