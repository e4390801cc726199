"""Roles that services of the engine assume for their customers: whether they may, and what the role allows then.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
"""

from __future__ import annotations

from urllib.parse import parse_qs

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.services.access.actions import needs
from cloudrig.services.access.policy import trusts
from cloudrig.services.access.refusals import Reason, refusal
from cloudrig.services.access.roles import RolePolicies, why_denied


class ServiceRoles:
    """Implements `interfaces.Roles`."""

    def __init__(self, upstream: Upstream) -> None:
        self._roles = RolePolicies(upstream)

    def passed_on(self, service: str) -> None:
        """The upstream has been asked: what IAM says from now on may not be what it said before."""
        if service == "iam":
            self._roles.forget()

    async def may_assume(self, role_arn: str, principal: str) -> bool:
        trust = await self._roles.trust_of(role_arn)
        return trust is not None and trusts(trust, principal)

    async def denial(self, request: Request, service: str) -> Response | None:
        action = parse_qs(request.query).get("Action", [""])[0]
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2] or action or None
        policies = await self._roles.of(request.caller.role_arn or "")
        why = why_denied(request.caller.user_arn or "", policies, needs(request, service, operation))
        return refusal(Reason.DENIED, why, request, service) if why else None
