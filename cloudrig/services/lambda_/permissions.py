"""Control plane: the resource policies of functions.

Texts of errors as recorded in LocalStack's AWS-validated snapshots (`TestLambdaPermissions`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceConflict, ResourceNotFound
from cloudrig.services.lambda_.lookup import Found, Lookup, check_revision
from cloudrig.services.lambda_.naming import LATEST, parse_function
from cloudrig.services.lambda_.policy import Policy, is_principal, statement_of

_MISSING = "The resource you requested does not exist."


class Permissions:
    """Operations on policies. One belongs to each qualifier, as on AWS; its revision is that of what bears it."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "AddPermission": self.add_permission,
            "RemovePermission": self.remove_permission,
            "GetPolicy": self.get_policy,
        }

    def add_permission(self, caller: Caller, members: Members) -> Members:
        """Let a service, account or everybody invoke a function.

        Raises ResourceNotFound, InvalidParameterValue, ResourceConflict for a statement id that is taken,
        PreconditionFailed.
        Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
        """
        found = self._lookup.published(caller, members)
        if found.ref.qualifier == LATEST:
            raise InvalidParameterValue("We currently do not support adding policies for $LATEST.")
        if not is_principal(members["Principal"]):
            raise InvalidParameterValue("The provided principal was invalid. Please check the principal and try again.")
        policy = found.function.policies.get(found.key) or Policy()
        revision = found.function.revision(found.ref.qualifier)
        check_revision(revision.id, members)
        if members["StatementId"] in policy.statements:
            raise ResourceConflict(
                f"The statement id ({members['StatementId']}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement."
            )
        statement = statement_of(members, found.ref.arn)
        policy.add(statement)
        revision.renew()
        found.function.policies[found.key] = policy
        return {"Statement": json.dumps(statement, separators=(",", ":"))}

    def remove_permission(self, caller: Caller, members: Members) -> Members:
        """Raises ResourceNotFound for the function, its policy or the statement; PreconditionFailed."""
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        if ref.name not in self._lookup.regions[ref.scope].by_name:
            raise ResourceNotFound(f"No policy found for: {ref.arn}")
        found = self._lookup.published(caller, members)
        policy = _policy(found, "No policy is associated with the given resource.")
        revision = found.function.revision(found.ref.qualifier)
        if members["StatementId"] not in policy.statements:
            raise ResourceNotFound(f"Statement {members['StatementId']} is not found in resource policy.")
        check_revision(revision.id, members)
        policy.remove(members["StatementId"])
        revision.renew()
        if not policy.statements:
            del found.function.policies[found.key]
        return {}

    def get_policy(self, caller: Caller, members: Members) -> Members:
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        self._lookup.regions[ref.scope].find(replace(ref, qualifier=None))
        found = self._lookup.qualified_or(_MISSING, caller, members)
        return {
            "Policy": _policy(found, _MISSING).document(),
            "RevisionId": found.function.revision(found.ref.qualifier).id,
        }


def _policy(found: Found, missing: str) -> Policy:
    policy = found.function.policies.get(found.key)
    if policy is None:
        raise ResourceNotFound(missing)
    return policy
