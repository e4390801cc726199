"""The policies of roles, read from the upstream's IAM and kept until somebody changes anything there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.names import Arn, Scope
from cloudrig.services.access.actions import Need
from cloudrig.services.access.policy import Decision, Policy, decide

_ALWAYS = frozenset({"sts:GetCallerIdentity"})


class RolePolicies:
    """Inline policies and attached ones. Permissions boundaries and policies of organizations are not looked at."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._known: dict[str, list[Policy]] = {}
        self._trust: dict[str, Policy] = {}
        self._changes = 0

    def forget(self) -> None:
        """Somebody has changed something in IAM."""
        self._known.clear()
        self._trust.clear()
        self._changes += 1

    async def of(self, role_arn: str) -> list[Policy]:
        """None of a role that does not exist."""
        if role_arn in self._known:
            return self._known[role_arn]
        changes = self._changes
        try:
            policies = await self._read(role_arn)
        except ClientError:
            return []
        if changes == self._changes:  # what was read across a change may be of before it
            self._known[role_arn] = policies
        return policies

    async def trust_of(self, role_arn: str) -> Policy | None:
        """Who may assume a role; None where it does not exist."""
        if role_arn in self._trust:
            return self._trust[role_arn]
        changes = self._changes
        try:
            scope, name = Scope(Arn.parse(role_arn).scope.account), role_arn.rpartition("/")[2]
            role = (await self._upstream.call("iam", "get_role", scope, RoleName=name))["Role"]
        except (ClientError, ValueError):
            return None
        trust: Policy = role["AssumeRolePolicyDocument"]
        if changes == self._changes:
            self._trust[role_arn] = trust
        return trust

    async def _read(self, role_arn: str) -> list[Policy]:
        arn = Arn.parse(role_arn)
        scope, role = Scope(arn.scope.account), role_arn.rpartition("/")[2]

        async def call(operation: str, **members: Any) -> dict[str, Any]:
            return await self._upstream.call("iam", operation, scope, **members)

        policies: list[Policy] = []
        for name in (await call("list_role_policies", RoleName=role))["PolicyNames"]:
            policies.append((await call("get_role_policy", RoleName=role, PolicyName=name))["PolicyDocument"])
        for attached in (await call("list_attached_role_policies", RoleName=role))["AttachedPolicies"]:
            policy = (await call("get_policy", PolicyArn=attached["PolicyArn"]))["Policy"]
            version = await call(
                "get_policy_version", PolicyArn=attached["PolicyArn"], VersionId=policy["DefaultVersionId"]
            )
            policies.append(version["PolicyVersion"]["Document"])
        return policies


def why_denied(who: str, policies: Sequence[Policy], asked: Sequence[Need]) -> str:
    """Why policies do not let somebody, named by an ARN, do what they want; empty where they do."""
    for action, resource in asked:
        decision = decide(policies, action, resource)
        if decision is Decision.ALLOWED or action in _ALWAYS:
            continue
        why = (
            "with an explicit deny in an identity-based policy"
            if decision is Decision.DENIED
            else f"because no identity-based policy allows the {action} action"
        )
        return f"User: {who} is not authorized to perform: {action} on resource: {resource} {why}"
    return ""
