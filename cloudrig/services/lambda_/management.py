"""Control plane: what infrastructure tools read of every function: runtime updates, recursive loops, code signing.

Nothing here changes how a function runs on the rig: its runtimes are not updated, loops are not counted, and code
signing configurations are not built, so that reading one says that there is none.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.configuration import runtime_version_arn
from cloudrig.services.lambda_.lookup import Lookup


class Management:
    """Operations on settings beside a function's configuration."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "GetFunctionCodeSigningConfig": self.get_code_signing_config,
            "GetFunctionRecursionConfig": self.get_recursion_config,
            "GetRuntimeManagementConfig": self.get_runtime_management_config,
        }

    def get_code_signing_config(self, caller: Caller, members: Members) -> Members:
        return {"FunctionName": self._lookup.unqualified(caller, members).ref.name, "CodeSigningConfigArn": ""}

    def get_recursion_config(self, caller: Caller, members: Members) -> Members:
        self._lookup.unqualified(caller, members)
        return {"RecursiveLoop": "Terminate"}

    def get_runtime_management_config(self, caller: Caller, members: Members) -> Members:
        version = self._lookup.qualified(caller, members).version
        return {
            "UpdateRuntimeOn": "Auto",
            "FunctionArn": version.arn,
            "RuntimeVersionArn": runtime_version_arn(version),
        }
