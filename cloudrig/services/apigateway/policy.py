"""Evaluates the policy an authorizer returns, as IAM does: an explicit Deny wins, what nothing allows is denied.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

ACTION = "execute-api:Invoke"


class InvalidPolicy(ValueError):
    """The document is no policy; the message says why."""


class Decision(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"  # a statement says Deny
    NOT_ALLOWED = "not allowed"  # no statement says anything


def evaluate(policy: Any, resource: str) -> Decision:
    """Whether `execute-api:Invoke` on an ARN is allowed. Raises InvalidPolicy, for any Condition too."""
    effects = {statement["Effect"] for statement in _statements(policy) if _applies(statement, resource)}
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def _statements(policy: Any) -> list[dict[str, Any]]:
    found = policy.get("Statement") if isinstance(policy, dict) else None
    statements = [found] if isinstance(found, dict) else found
    if not isinstance(statements, list) or not statements:
        raise InvalidPolicy("policyDocument has no Statement")
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise InvalidPolicy("a statement has no Effect Allow or Deny")
        if statement.get("Condition"):
            raise InvalidPolicy("cloudrig does not evaluate Condition")
    return statements


def _applies(statement: dict[str, Any], resource: str) -> bool:
    return _matches(statement, "Action", ACTION, ignore_case=True) and _matches(statement, "Resource", resource)


def _matches(statement: dict[str, Any], element: str, value: str, *, ignore_case: bool = False) -> bool:
    """`Action`/`Resource`, or its `Not…` form."""
    negated = f"Not{element}"
    if (element in statement) == (negated in statement):
        raise InvalidPolicy(f"a statement needs {element} or {negated}")
    if element in statement:
        return _any(statement[element], value, ignore_case)
    return not _any(statement[negated], value, ignore_case)


def _any(patterns: Any, value: str, ignore_case: bool) -> bool:
    listed = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(listed, list) or not all(isinstance(pattern, str) for pattern in listed):
        raise InvalidPolicy("an Action or Resource is neither text nor a list of texts")
    return any(_wildcard(pattern, ignore_case).fullmatch(value) for pattern in listed)


def _wildcard(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """`*` is any text, slashes included, `?` one character. Runs of `*` are one, lest matching takes for ever."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(char, re.escape(char)) for char in re.sub(r"\*+", "*", pattern))
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
