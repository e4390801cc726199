"""What roles are used for, against what their policies allow: `/_cloudrig/roles`.

`POST` begins to record, anew; `GET` reports. Every request signed with a function's credentials counts, and what was
signed beforehand with them, forms for uploads included. A role's policies are read when it is first used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from cloudrig.engine.credentials import Credentials
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request
from cloudrig.engine.signatures import read_form
from cloudrig.services.access.actions import Need, needs
from cloudrig.services.access.policy import Decision, Policy, decide, permits
from cloudrig.services.access.roles import RolePolicies

_CONNECTION = re.compile(r"(@connections)/.+")


class Ledger:
    """Records while `recording`; until then it costs a truth test a request."""

    def __init__(self, upstream: Upstream, credentials: Credentials) -> None:
        self.recording = False
        self._credentials = credentials
        self._roles = RolePolicies(upstream)
        self._used: dict[str, Counter[Need]] = {}
        self._policies: dict[str, list[Policy]] = {}

    def restart(self) -> object:
        """Begin with nothing."""
        self.recording = True
        self._roles.forget()
        self._used, self._policies = {}, {}
        return {"recording": True}

    async def note(self, request: Request, service: str, operation: str | None) -> None:
        """A request on its way to whoever answers it."""
        role, asked = request.caller.role_arn, list[Need]()
        if role is not None:
            operation = operation or request.headers.get("X-Amz-Target", "").rpartition(".")[2] or None
            asked = needs(request, service, operation)
        elif found := self._in_form(request):
            role, asked = found
        if role is None:
            return
        used = self._used.setdefault(role, Counter())
        for action, resource in asked:
            used[action, _CONNECTION.sub(r"\1/*", resource) if resource else None] += 1
        if role not in self._policies:
            self._policies[role] = await self._roles.of(role)

    def report(self) -> object:
        """By role: `calls`, how often and whether allowed; and `allows`, whether used."""
        return {
            "recording": self.recording,
            "roles": {role: _balance(used, self._policies.get(role, [])) for role, used in self._used.items()},
        }

    def _in_form(self, request: Request) -> tuple[str, list[Need]] | None:
        """A browser's upload by a form that a function signed: the function's role, and what the form needs."""
        form = read_form(request)
        issued = self._credentials.find(form.access_key) if form else None
        if form is None or issued is None:
            return None
        bucket = request.path.strip("/") or request.headers.get("Host", "").partition(".s3")[0]
        return issued.role_arn, [("s3:PutObject", f"arn:aws:s3:::{bucket}/{form.key}")]


def _balance(used: Mapping[Need, int], policies: list[Policy]) -> dict[str, Any]:
    calls = [
        {
            "action": action,
            "resource": resource,
            "times": times,
            "allowed": decide(policies, action, resource) is Decision.ALLOWED,
        }
        for (action, resource), times in used.items()
    ]
    allows = [
        {
            "action": action,
            "resource": resource,
            "used": any(permits(action, resource, *need) for need in used),
        }
        for action, resource in _allowed(policies)
    ]
    return {"calls": calls, "allows": allows}


def _allowed(policies: list[Policy]) -> Iterator[tuple[str, str]]:
    """Each action with each resource that a statement allows it on."""
    for policy in policies:
        for statement in policy["Statement"]:
            if statement["Effect"] == "Allow":
                for action in _listed(statement.get("Action", "*")):
                    for resource in _listed(statement.get("Resource", "*")):
                        yield action, resource


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
