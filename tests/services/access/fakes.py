"""The upstream's IAM, for tests of who may do what."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from cloudrig.engine.messages import Request
from cloudrig.engine.names import Scope


class Iam:
    """Implements `interfaces.Upstream` for a role with one policy."""

    url = ""

    def __init__(self, policy: dict[str, Any] | None = None, trust: dict[str, Any] | None = None) -> None:
        """`trust` says who may assume the role; without one it does not exist."""
        self.policy = policy or {"Statement": []}
        self.trust = trust

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        if operation == "get_role" and self.trust is None:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": ""}}, "GetRole")
        answers: dict[str, dict[str, Any]] = {
            "list_role_policies": {"PolicyNames": ["p"]},
            "get_role_policy": {"PolicyDocument": self.policy},
            "get_role": {"Role": {"AssumeRolePolicyDocument": self.trust}},
            "list_attached_role_policies": {"AttachedPolicies": []},
        }
        return answers[operation]

    async def forward(self, request: Request) -> Any:
        raise NotImplementedError
