"""Control plane: the resource policies of functions."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Regional
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import PreconditionFailed, ResourceConflict, ResourceNotFound
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function
from cloudrig.services.lambda_.policy import Policy, statement_of
from cloudrig.services.lambda_.state import Function, Functions

_OTHER_REVISION = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest "
    "Revision Id"
)


class Permissions:
    """Operations on policies. One belongs to each qualifier, as on AWS."""

    def __init__(self, regions: Regional[Functions]) -> None:
        self._regions = regions

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "AddPermission": self.add_permission,
            "RemovePermission": self.remove_permission,
            "GetPolicy": self.get_policy,
        }

    def add_permission(self, caller: Caller, members: Members) -> Members:
        """Let a service, account or everybody invoke a function.

        Raises ResourceNotFound, ResourceConflict for a statement id that is taken, PreconditionFailed.
        Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
        """
        ref, function = self._find(caller, members)
        policy = function.policies.get(ref.qualifier or LATEST) or Policy()
        _check_revision(policy, members)
        if members["StatementId"] in policy.statements:
            raise ResourceConflict(
                f"The statement id ({members['StatementId']}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement."
            )
        statement = statement_of(members, ref.arn)
        policy.add(statement)
        function.policies[ref.qualifier or LATEST] = policy
        return {"Statement": json.dumps(statement, separators=(",", ":"))}

    def remove_permission(self, caller: Caller, members: Members) -> Members:
        """Raises ResourceNotFound for the function, its policy or the statement; PreconditionFailed."""
        ref, function = self._find(caller, members)
        policy = _policy(ref, function)
        if members["StatementId"] not in policy.statements:
            raise ResourceNotFound(f"Statement {members['StatementId']} is not found in resource policy.")
        _check_revision(policy, members)
        policy.remove(members["StatementId"])
        if not policy.statements:
            del function.policies[ref.qualifier or LATEST]
        return {}

    def get_policy(self, caller: Caller, members: Members) -> Members:
        policy = _policy(*self._find(caller, members))
        return {"Policy": policy.document(), "RevisionId": policy.revision_id}

    def _find(self, caller: Caller, members: Members) -> tuple[FunctionRef, Function]:
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        functions = self._regions[ref.scope]
        functions.find_version(ref)
        return ref, functions.find(ref)


def _policy(ref: FunctionRef, function: Function) -> Policy:
    policy = function.policies.get(ref.qualifier or LATEST)
    if policy is None:
        raise ResourceNotFound("The resource you requested does not exist.")
    return policy


def _check_revision(policy: Policy, members: Members) -> None:
    given = members.get("RevisionId")
    if given and given != policy.revision_id:
        raise PreconditionFailed(_OTHER_REVISION)
