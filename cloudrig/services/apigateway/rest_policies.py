"""IAM policies as Lambda authorizers return them: may a principal invoke a method?

An explicit deny wins over any allow; without a matching allow the answer is no.
Source: AG `api-gateway-lambda-authorizer-output.html`, IAM guide `reference_policies_evaluation-logic.html`.
"""

from __future__ import annotations

import functools
import re
from enum import Enum
from typing import Any

ACTION = "execute-api:Invoke"


class Decision(Enum):
    """What a policy says of one request."""

    ALLOW = "allow"
    DENY = "explicit deny"
    NONE = "no statement applies"


class InvalidPolicy(ValueError):
    """The document is none that IAM would accept, or uses an element that is not evaluated here."""


def evaluate(policy: Any, resource: str) -> Decision:
    """The decision on `execute-api:Invoke` of a method ARN. Raises InvalidPolicy."""
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise InvalidPolicy("no Statement")
    decision = Decision.NONE
    for statement in _listed(policy["Statement"]):
        if not _applies(statement, resource):
            continue
        if statement["Effect"] == "Deny":
            return Decision.DENY
        decision = Decision.ALLOW
    return decision


def _applies(statement: Any, resource: str) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise InvalidPolicy("a statement without Effect")
    if statement.get("Condition"):
        raise InvalidPolicy("Condition is not evaluated")
    return _matches(statement, "Action", ACTION.lower()) and _matches(statement, "Resource", resource)


def _matches(statement: dict[str, Any], element: str, value: str) -> bool:
    """Whether an element, or its negation (`NotAction`), covers a value."""
    if element in statement:
        return _any_matches(statement[element], element, value)
    if f"Not{element}" in statement:
        return not _any_matches(statement[f"Not{element}"], element, value)
    raise InvalidPolicy(f"a statement without {element}")


def _any_matches(patterns: Any, element: str, value: str) -> bool:
    for pattern in _listed(patterns):
        if not isinstance(pattern, str):
            raise InvalidPolicy(f"{element} is no text")
        if _wildcard(pattern.lower() if element == "Action" else pattern).fullmatch(value):
            return True
    return False


@functools.lru_cache(maxsize=4096)
def _wildcard(pattern: str) -> re.Pattern[str]:
    """`*` is any text, slashes and colons included, `?` any one character."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
