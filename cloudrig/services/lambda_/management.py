"""Control plane: when a function's runtime is updated, and what becomes of recursive loops.

Both are kept and shown, and change nothing here: the rig has one version of each runtime, and does not count loops.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html, …/invocation-recursion.html
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.lookup import Found, Lookup
from cloudrig.services.lambda_.state import RuntimeUpdates

_AUTO = RuntimeUpdates("Auto")


class Management:
    """Operations on settings beside a function's configuration."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "PutFunctionRecursionConfig": self.put_recursion_config,
            "GetFunctionRecursionConfig": self.get_recursion_config,
            "PutRuntimeManagementConfig": self.put_runtime_management_config,
            "GetRuntimeManagementConfig": self.get_runtime_management_config,
        }

    def put_recursion_config(self, caller: Caller, members: Members) -> Members:
        function = self._lookup.unqualified(caller, members).function
        function.recursive_loop = members["RecursiveLoop"]
        return {"RecursiveLoop": function.recursive_loop}

    def get_recursion_config(self, caller: Caller, members: Members) -> Members:
        return {"RecursiveLoop": self._lookup.unqualified(caller, members).function.recursive_loop}

    def put_runtime_management_config(self, caller: Caller, members: Members) -> Members:
        """Raises InvalidParameterValue where Manual comes without a version, or a version without it."""
        found, mode = self._lookup.qualified(caller, members), members["UpdateRuntimeOn"]
        arn = members.get("RuntimeVersionArn")
        if (mode == "Manual") != bool(arn):
            raise InvalidParameterValue("RuntimeVersionArn is required with UpdateRuntimeOn Manual, and only then.")
        found.function.runtime_updates[found.key] = RuntimeUpdates(mode, arn)
        return _shown(found)

    def get_runtime_management_config(self, caller: Caller, members: Members) -> Members:
        return _shown(self._lookup.qualified(caller, members))


def _shown(found: Found) -> Members:
    updates = found.function.runtime_updates.get(found.key, _AUTO)
    return {
        "UpdateRuntimeOn": updates.mode,
        "FunctionArn": f"{found.version.function_arn}:{found.key}",
        "RuntimeVersionArn": updates.version_arn,
    }
