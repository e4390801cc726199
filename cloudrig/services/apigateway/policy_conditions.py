"""Condition blocks of policies: `{operator: {key: values}}`, all of which must hold.

A key's values are alternatives; for a negated operator (`…Not…`) none of them may match. A key that the request does
not have fails a condition, but for negated operators, `…IfExists` and `Null`. Unknown operators make a policy invalid.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cloudrig.engine.messages import Request

Keys = Mapping[str, str]
"""What is known of a request, by condition key in lower case (`aws:sourceip`)."""

_Test = Callable[[str, str], bool]


class InvalidCondition(ValueError):
    """The block is no Condition, or uses an operator or value that there is not."""


def request_keys(request: Request, now: datetime) -> Keys:
    """The keys that API Gateway knows of any request."""
    keys = {
        "aws:sourceip": request.client_ip,
        "aws:useragent": request.headers.get("User-Agent"),
        "aws:referer": request.headers.get("Referer"),
        "aws:securetransport": "true" if request.base_url.startswith("https") else "false",
        "aws:currenttime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": str(int(now.timestamp())),
    }
    return {name: value for name, value in keys.items() if value is not None}


def holds(condition: Any, keys: Keys) -> bool:
    """Whether a request satisfies a Condition. Raises InvalidCondition."""
    if not isinstance(condition, dict):
        raise InvalidCondition("a Condition is no object")
    results = []
    for name, block in condition.items():
        if not isinstance(block, dict):
            raise InvalidCondition(f"{name} of a Condition is no object")
        results += [_holds(name, keys.get(key.lower()), _values(values)) for key, values in block.items()]
    return all(results)


def _values(values: Any) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    if not all(isinstance(value, str | bool | int | float) for value in listed):
        raise InvalidCondition("a value of a Condition is neither text, number nor boolean")
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in listed]


def _holds(name: str, actual: str | None, values: list[str]) -> bool:
    plain = name.removeprefix("ForAnyValue:").removeprefix("ForAllValues:")
    if plain == "Null":
        return any((actual is None) == (value == "true") for value in values)
    operator_name = plain.removesuffix("IfExists")
    if operator_name not in _OPERATORS:
        raise InvalidCondition(f"there is no condition operator {name}")
    test, negated = _OPERATORS[operator_name]
    if actual is None:
        return negated or plain != operator_name or name.startswith("ForAllValues:")
    matches = [_matches(test, actual, value) for value in values]
    return any(matches) != negated


def _matches(test: _Test, actual: str, value: str) -> bool:
    try:
        return test(actual, value)
    except ValueError as error:
        raise InvalidCondition(f"a value of a Condition cannot be compared: {error}") from None


# --- operators ------------------------------------------------------------------------------------------------------


def like(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """`*` is any text, slashes included, `?` one character. Runs of `*` are one, lest matching takes for ever."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(char, re.escape(char)) for char in re.sub(r"\*+", "*", pattern))
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _string_like(actual: str, value: str) -> bool:
    return like(value).fullmatch(actual) is not None


def _arn_like(actual: str, value: str) -> bool:
    """Each of the six parts of an ARN by itself."""
    given, wanted = actual.split(":", 5), value.split(":", 5)
    return len(given) == len(wanted) == 6 and all(map(_string_like, given, wanted))


def _in_network(actual: str, value: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(value, strict=False)


def _compared(compare: Callable[[float, float], bool], read: Callable[[str], float]) -> _Test:
    return lambda actual, value: compare(read(actual), read(value))


def _date(text: str) -> float:
    """Epoch seconds, or ISO 8601."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], bool]] = {
    "Equals": (operator.eq, False),
    "NotEquals": (operator.eq, True),
    "LessThan": (operator.lt, False),
    "LessThanEquals": (operator.le, False),
    "GreaterThan": (operator.gt, False),
    "GreaterThanEquals": (operator.ge, False),
}

_OPERATORS: Mapping[str, tuple[_Test, bool]] = {
    "StringEquals": (operator.eq, False),
    "StringNotEquals": (operator.eq, True),
    "StringEqualsIgnoreCase": (lambda actual, value: actual.lower() == value.lower(), False),
    "StringNotEqualsIgnoreCase": (lambda actual, value: actual.lower() == value.lower(), True),
    "StringLike": (_string_like, False),
    "StringNotLike": (_string_like, True),
    "ArnEquals": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnLike": (_arn_like, False),
    "ArnNotLike": (_arn_like, True),
    "Bool": (lambda actual, value: actual.lower() == value.lower(), False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    **{f"Numeric{name}": (_compared(compare, float), negated) for name, (compare, negated) in _COMPARISONS.items()},
    **{f"Date{name}": (_compared(compare, _date), negated) for name, (compare, negated) in _COMPARISONS.items()},
}
"""Operator → its test, and whether it is the negation of that."""
