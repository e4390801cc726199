"""A function's resource policy: who may invoke it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, field
from typing import Any

from cloudrig.engine.errors import AccessDenied
from cloudrig.engine.messages import Members
from cloudrig.engine.names import Arn

Statement = dict[str, Any]

_MAX_REMEMBERED = 4096


@dataclass(slots=True)
class Policy:
    """Statements by id, and what they were last found to allow."""

    statements: dict[str, Statement] = field(default_factory=dict)
    _decisions: dict[tuple[str, str | None], bool] = field(default_factory=dict)

    @classmethod
    def of_document(cls, text: str) -> Policy:
        """What `document` made a text of, here or elsewhere."""
        statements = json.loads(text)["Statement"]
        return cls({each.get("Sid", str(number)): each for number, each in enumerate(statements)})

    def add(self, statement: Statement) -> None:
        self.statements[statement["Sid"]] = statement
        self._decisions.clear()

    def remove(self, statement_id: str) -> None:
        del self.statements[statement_id]
        self._decisions.clear()

    def allows(self, principal: str, source_arn: str | None) -> bool:
        """Whether a service (`apigateway.amazonaws.com`) may invoke for a resource of its own."""
        key = (principal, source_arn)
        decision = self._decisions.get(key)
        if decision is None:
            if len(self._decisions) >= _MAX_REMEMBERED:
                self._decisions.clear()
            decision = any(_allows(statement, *key) for statement in self.statements.values())
            self._decisions[key] = decision
        return decision

    def allows_url(self, auth_type: str) -> bool:
        """Whether everybody may call a function URL of that AuthType.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
        """
        return any(_allows_url(statement, auth_type) for statement in self.statements.values())

    def allows_account(self, account: str) -> bool:
        """Whether an account may do what statements without conditions allow."""
        principals = [one["Principal"] for one in self.statements.values() if "Condition" not in one]
        return any(one == "*" or one.get("AWS") == f"arn:aws:iam::{account}:root" for one in principals)

    def document(self) -> str:
        """The policy as JSON, as GetPolicy returns it."""
        statements = list(self.statements.values())
        return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements}, separators=(",", ":"))


def check_allowed(policy: Policy | None, function_arn: str, principal: str, source_arn: str | None) -> None:
    """Raises AccessDenied where a function's policy does not let a service invoke it."""
    if policy is None or not policy.allows(principal, source_arn):
        raise AccessDenied(
            f"{principal} is not authorized to perform: lambda:InvokeFunction on resource: {function_arn} because no "
            "resource-based policy allows the lambda:InvokeFunction action"
        )


def statement_of(members: Members, resource: str) -> Statement:
    """The statement that AddPermission makes of its members."""
    statement: Statement = {
        "Sid": members["StatementId"],
        "Effect": "Allow",
        "Principal": _principal_of(members["Principal"]),
        "Action": members["Action"],
        "Resource": resource,
    }
    condition: dict[str, dict[str, str]] = {}
    for name, operator, key in _CONDITIONS:
        if members.get(name) is not None:
            value = members[name]
            condition.setdefault(operator, {})[key] = str(value).lower() if isinstance(value, bool) else value
    if condition:
        statement["Condition"] = condition
    return statement


_CONDITIONS = (
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)


_PRINCIPAL = re.compile(r"\*|\d{12}|arn:\S+|[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)")


def is_principal(text: str) -> bool:
    """Whether a text is of the form of everybody, an account, a role or user, or a service."""
    return _PRINCIPAL.fullmatch(text) is not None


def _principal_of(text: str) -> str | dict[str, str]:
    if text == "*":
        return text
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    return {"AWS": text} if text.startswith("arn:") else {"Service": text}


def _allows(statement: Statement, principal: str, source_arn: str | None) -> bool:
    allowed = statement["Principal"]
    if allowed != "*" and allowed.get("Service") != principal:
        return False
    if statement["Action"] not in ("lambda:InvokeFunction", "lambda:*", "*"):
        return False
    return all(
        _holds(key, value, source_arn)
        for conditions in statement.get("Condition", {}).values()
        for key, value in conditions.items()
    )


def _allows_url(statement: Statement, auth_type: str) -> bool:
    if statement["Principal"] != "*" or statement["Action"] not in ("lambda:InvokeFunctionUrl", "lambda:*", "*"):
        return False
    conditions = [block.items() for block in statement.get("Condition", {}).values()]
    return all(
        key == "lambda:FunctionUrlAuthType" and value == auth_type for block in conditions for key, value in block
    )


def _holds(key: str, value: str, source_arn: str | None) -> bool:
    """Whether one condition holds. A condition on something a service's call does not carry never does. The ARN of a
    bucket has no account: it is taken for one of the function's own.
    """
    if key == "AWS:SourceArn":
        return source_arn is not None and arn_like(value, source_arn)
    if key == "AWS:SourceAccount":
        return source_arn is not None and Arn.parse(source_arn).account in (value, "")
    return False


def arn_like(pattern: str, arn: str) -> bool:
    """IAM's ArnLike: `*` and `?` within each of an ARN's six parts.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) and all(
        _wildcard(want).fullmatch(part) is not None for want, part in zip(wanted, given, strict=True)
    )


@functools.lru_cache(maxsize=1024)
def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern), re.DOTALL)
