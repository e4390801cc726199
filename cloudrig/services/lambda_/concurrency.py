"""Control plane: reserved concurrency, and what an account may use.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html; texts of errors as recorded in
LocalStack's AWS-validated snapshots (`TestLambdaConcurrency`).
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.names import Regional
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.code import MAX_ARCHIVE_BYTES, MAX_UNZIPPED_BYTES
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.layer_state import Layers
from cloudrig.services.lambda_.lookup import Lookup
from cloudrig.services.lambda_.naming import LATEST
from cloudrig.services.lambda_.state import ACCOUNT_CONCURRENCY

_ACCOUNT_CODE_BYTES = 80_530_636_800


class Concurrency:
    """Operations on reserved concurrency, and GetAccountSettings."""

    def __init__(self, lookup: Lookup, layers: Regional[Layers]) -> None:
        self._lookup = lookup
        self._layers = layers

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "PutFunctionConcurrency": self.put,
            "GetFunctionConcurrency": self.get,
            "DeleteFunctionConcurrency": self.delete,
            "GetAccountSettings": self.get_account_settings,
        }

    def put(self, caller: Caller, members: Members) -> Members:
        """Raises ResourceNotFound, InvalidParameterValue where that is too little or leaves too little."""
        found = self._lookup.unqualified(caller, members, LATEST)
        reserved: int = members["ReservedConcurrentExecutions"]
        provisioned = sum(one.requested for one in found.function.provisions.values())
        if reserved < provisioned:
            raise InvalidParameterValue(
                f" ReservedConcurrentExecutions  {reserved} should not be lower than function's total provisioned "
                f"concurrency [{provisioned}].",
                Type=None,
            )
        found.functions.reserve(found.function, reserved)
        return {"ReservedConcurrentExecutions": found.function.reserved}

    def get(self, caller: Caller, members: Members) -> Members:
        return {"ReservedConcurrentExecutions": self._lookup.unqualified(caller, members).function.reserved}

    def delete(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.unqualified(caller, members)
        found.functions.reserve(found.function, None)
        return {}

    def get_account_settings(self, caller: Caller, members: Members) -> Members:
        """What there may be and is. All versions of functions and layers count, each with its code."""
        functions, layers = self._lookup.regions[caller.scope], self._layers[caller.scope]
        codes = [version.code for function in functions.by_name.values() for version in function.versions()]
        codes += [version.code for versions in layers.by_name.values() for version in versions.values()]
        return {
            "AccountLimit": {
                "TotalCodeSize": _ACCOUNT_CODE_BYTES,
                "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
                "CodeSizeZipped": MAX_ARCHIVE_BYTES,
                "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
                "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - functions.reserved_total,
            },
            "AccountUsage": {
                "TotalCodeSize": sum(code.size_bytes for code in codes),
                "FunctionCount": len(functions.by_name),
            },
        }
