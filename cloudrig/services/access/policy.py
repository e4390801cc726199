"""Identity-based policies: an explicit Deny wins, and what nothing allows is denied.

Conditions are not evaluated: a statement counts as if it had none. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

Policy = Mapping[str, Any]


class Decision(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"  # a statement says Deny
    NOT_ALLOWED = "not allowed"  # no statement says anything


def decide(policies: Iterable[Policy], action: str, resource: str | None) -> Decision:
    """Whether policies allow an action on an ARN; where the resource is not known (None), any will do."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy.get("Statement", []))
        if _applies(statement, action, resource)
    }
    if "Deny" in effects and resource is not None:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def trusts(trust: Policy, service: str) -> bool:
    """Whether a role's trust policy lets a service assume it."""
    effects = {
        statement["Effect"]
        for statement in _listed(trust.get("Statement", []))
        if _matches(statement, "Action", "sts:assumerole") and _is_among(service, statement.get("Principal"))
    }
    return effects == {"Allow"}


def _is_among(service: str, principal: Any) -> bool:
    return principal == "*" or (isinstance(principal, dict) and service in _listed(principal.get("Service", [])))


def permits(allowed_action: str, allowed_resource: str, action: str, resource: str | None) -> bool:
    """Whether what a statement allows, patterns both, covers an action on an ARN."""
    statement = {"Action": allowed_action, "Resource": allowed_resource}
    return _applies(statement, action, resource)


def _applies(statement: Mapping[str, Any], action: str, resource: str | None) -> bool:
    return _matches(statement, "Action", action.lower()) and (
        resource is None or _matches(statement, "Resource", resource)
    )


def _matches(statement: Mapping[str, Any], element: str, value: str) -> bool:
    """An element, or its `Not…` form. Actions compare without case."""
    patterns = _listed(statement.get(element, statement.get(f"Not{element}", [])))
    lower = element == "Action"
    found = any(_pattern(one.lower() if lower else one).fullmatch(value) for one in patterns)
    return found if element in statement else not found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@functools.lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """`*` is anything, `?` one character."""
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text), re.DOTALL)
