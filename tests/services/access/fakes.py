"""The upstream's IAM, for tests of who may do what."""

from __future__ import annotations

from typing import Any

from cloudrig.engine.messages import Request
from cloudrig.engine.names import Scope


class Iam:
    """Implements `interfaces.Upstream` for a role with one policy."""

    url = ""

    def __init__(self, policy: dict[str, Any] | None = None) -> None:
        self.policy = policy or {"Statement": []}

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        answers: dict[str, dict[str, Any]] = {
            "list_role_policies": {"PolicyNames": ["p"]},
            "get_role_policy": {"PolicyDocument": self.policy},
            "list_attached_role_policies": {"AttachedPolicies": []},
        }
        return answers[operation]

    async def forward(self, request: Request) -> Any:
        raise NotImplementedError
