"""What an operation is about: the function, version or alias that its members name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Regional
from cloudrig.services.lambda_.errors import InvalidParameterValue, PreconditionFailed, ResourceNotFound
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function
from cloudrig.services.lambda_.state import Function, Functions, Version

_ALIAS = re.compile(r"(?!\d+$)[a-zA-Z0-9_-]+")
FUNCTIONS_ONLY = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please "
    "specify either a function name or an unqualified function ARN."
)


@dataclass(frozen=True, slots=True)
class Found:
    """A function as an operation named it; `version` is that of the qualifier, or `$LATEST`."""

    ref: FunctionRef
    functions: Functions
    function: Function
    version: Version

    @property
    def key(self) -> str:
        """What is kept per qualifier is kept under this: a version, an alias or `$LATEST`."""
        return self.ref.qualifier or LATEST


class Lookup:
    """Finds functions by the members `FunctionName` and `Qualifier`.

    How AWS says that there is none differs by operation: recorded in LocalStack's AWS-validated snapshots
    (`test_lambda_api`).
    """

    def __init__(self, regions: Regional[Functions]) -> None:
        self.regions = regions

    def qualified(self, caller: Caller, members: Members) -> Found:
        """Raises ResourceNotFound, for the function or for the version; InvalidParameterValue."""
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        functions = self.regions[ref.scope]
        return Found(ref, functions, functions.find(ref), functions.find_version(ref))

    def published(self, caller: Caller, members: Members) -> Found:
        """As `qualified`, for operations that tell aliases from versions when there is none of that name."""
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        if ref.qualifier and not self.regions[ref.scope].exists(ref) and _ALIAS.fullmatch(ref.qualifier):
            raise ResourceNotFound(f"Cannot find alias arn: {ref.arn}")
        return self.qualified(caller, members)

    def qualified_or(self, missing: str, caller: Caller, members: Members) -> Found:
        """As `qualified`, with a text of the operation's own where there is no such function, version or alias."""
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        if not self.regions[ref.scope].exists(ref):
            raise ResourceNotFound(missing)
        return self.qualified(caller, members)

    def unqualified(self, caller: Caller, members: Members, missing: str = "") -> Found:
        """The function itself. Raises InvalidParameterValue where a version or alias is named.

        `missing` is the qualifier that the operation adds to the function's ARN where there is none.
        """
        ref = parse_function(members["FunctionName"], caller.scope)
        if ref.qualifier:
            raise InvalidParameterValue(FUNCTIONS_ONLY)
        functions = self.regions[ref.scope]
        function = functions.find(replace(ref, qualifier=missing or None))
        return Found(ref, functions, function, function.latest)


def check_revision(revision_id: str, members: Members, operation: str = "GetFunction/GetAlias") -> None:
    """Raises PreconditionFailed where the caller's `RevisionId` is not the present one."""
    given = members.get("RevisionId")
    if given and given != revision_id:
        raise PreconditionFailed(
            f"The Revision Id provided does not match the latest Revision Id. Call the {operation} API to retrieve the "
            "latest Revision Id"
        )
