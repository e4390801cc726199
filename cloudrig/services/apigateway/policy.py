"""Evaluates the policy an authorizer returns, as IAM does: an explicit Deny wins, what nothing allows is denied.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from cloudrig.services.apigateway.policy_conditions import InvalidCondition, Keys, holds, like

ACTION = "execute-api:Invoke"


class InvalidPolicy(ValueError):
    """The document is no policy; the message says why."""


class Decision(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"  # a statement says Deny
    NOT_ALLOWED = "not allowed"  # no statement says anything


def evaluate(policy: Any, resource: str, keys: Keys) -> Decision:
    """Whether `execute-api:Invoke` on an ARN is allowed to a request with these keys. Raises InvalidPolicy."""
    effects = {statement["Effect"] for statement in _statements(policy) if _applies(statement, resource, keys)}
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
    return statements


def _applies(statement: dict[str, Any], resource: str, keys: Keys) -> bool:
    """Every part is looked at, so that a statement is invalid whether it applies or not."""
    try:
        parts = (
            _matches(statement, "Action", ACTION, ignore_case=True),
            _matches(statement, "Resource", resource),
            holds(statement.get("Condition", {}), keys),
        )
    except InvalidCondition as error:
        raise InvalidPolicy(str(error)) from None
    return all(parts)


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
    return any(like(pattern, ignore_case=ignore_case).fullmatch(value) for pattern in listed)
