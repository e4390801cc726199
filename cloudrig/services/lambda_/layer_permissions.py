"""Control plane: the resource policies of layer versions.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cloudrig.engine import names
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Regional
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import ResourceConflict, ResourceNotFound
from cloudrig.services.lambda_.layer_state import Layers, LayerVersion, layer_name
from cloudrig.services.lambda_.lookup import check_revision
from cloudrig.services.lambda_.policy import Statement


class LayerPermissions:
    """Operations on the policies of layer versions."""

    def __init__(self, regions: Regional[Layers]) -> None:
        self._regions = regions

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "AddLayerVersionPermission": self.add,
            "RemoveLayerVersionPermission": self.remove,
            "GetLayerVersionPolicy": self.get,
        }

    def add(self, caller: Caller, members: Members) -> Members:
        """Let an account, an organization or everybody use a version. Raises ResourceNotFound, ResourceConflict."""
        version = self._find(caller, members)
        check_revision(version.policy_revision, members, "GetLayerPolicy")
        if members["StatementId"] in version.policy.statements:
            raise ResourceConflict(
                f"The statement id ({members['StatementId']}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement."
            )
        statement = _statement(members, version)
        version.policy.add(statement)
        version.policy_revision = names.request_id()
        return {"Statement": json.dumps(statement, separators=(",", ":")), "RevisionId": version.policy_revision}

    def remove(self, caller: Caller, members: Members) -> Members:
        version = self._find(caller, members)
        check_revision(version.policy_revision, members, "GetLayerPolicy")
        if members["StatementId"] not in version.policy.statements:
            raise ResourceNotFound(f"Statement {members['StatementId']} is not found in resource policy.")
        version.policy.remove(members["StatementId"])
        version.policy_revision = names.request_id()
        return {}

    def get(self, caller: Caller, members: Members) -> Members:
        version = self._find(caller, members)
        if not version.policy.statements:
            raise ResourceNotFound("No policy is associated with the given resource.")
        return {"Policy": version.policy.document(), "RevisionId": version.policy_revision}

    def _find(self, caller: Caller, members: Members) -> LayerVersion:
        scope, name = layer_name(members["LayerName"], caller.scope)
        version = self._regions[scope].find(name, members["VersionNumber"])
        if version is None:
            arn = scope.arn("lambda", f"layer:{name}:{members['VersionNumber']}")
            raise ResourceNotFound(f"Layer version {arn} does not exist.")
        return version


def _statement(members: Members, version: LayerVersion) -> Statement:
    principal = members["Principal"]
    if principal.isdigit():
        principal = f"arn:aws:iam::{principal}:root"
    statement: Statement = {
        "Sid": members["StatementId"],
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": principal},
        "Action": members["Action"],
        "Resource": version.arn,
    }
    if members.get("OrganizationId"):
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": members["OrganizationId"]}}
    return statement
