"""The policies of roles, read from the upstream's IAM and kept until somebody changes anything there."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.names import Arn, Scope
from cloudrig.services.access.policy import Policy


class RolePolicies:
    """Inline policies and attached ones. Permissions boundaries and policies of organizations are not looked at."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._known: dict[str, list[Policy]] = {}
        self._changes = 0

    def forget(self) -> None:
        """Somebody has changed something in IAM."""
        self._known.clear()
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
