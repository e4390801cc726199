"""Control plane: provisioned concurrency, environments kept ready for a version or for what an alias points to.

Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html; texts of errors as recorded in
LocalStack's AWS-validated snapshots (`TestLambdaProvisionedConcurrency`).
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import (
    InvalidParameterValue,
    ProvisionedConcurrencyConfigNotFound,
    ResourceConflict,
    ResourceNotFound,
)
from cloudrig.services.lambda_.fleet import Fleet
from cloudrig.services.lambda_.lookup import Found, Lookup
from cloudrig.services.lambda_.naming import LATEST
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.state import ACCOUNT_CONCURRENCY, MIN_UNRESERVED_CONCURRENCY, Function, Provision
from cloudrig.services.lambda_.versions import Versions


class ProvisionedConcurrency:
    """Operations on the number of environments to keep ready, one per version or alias."""

    def __init__(self, lookup: Lookup, fleet: Fleet, versions: Versions) -> None:
        self._lookup = lookup
        self._fleet = fleet
        self._versions = versions

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "PutProvisionedConcurrencyConfig": self.put,
            "GetProvisionedConcurrencyConfig": self.get,
            "DeleteProvisionedConcurrencyConfig": self.delete,
            "ListProvisionedConcurrencyConfigs": self.list,
        }

    def put(self, caller: Caller, members: Members) -> Members:
        """Start the environments; `Status` tells when they are ready.

        Raises ResourceNotFound, InvalidParameterValue for `$LATEST` and for more than there is room for, and
        ResourceConflict where version and alias would both have a configuration.
        """
        requested: int = members["ProvisionedConcurrentExecutions"]
        found = self._lookup.published(caller, members)
        if found.version.number == LATEST:
            raise InvalidParameterValue(
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
            )
        _check_room(found, requested)
        _check_conflict(found)
        found.function.provisions[found.key] = Provision(requested, self._versions.now())
        self.settle(found.function)
        return self._shown(found) | {
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
        }

    def get(self, caller: Caller, members: Members) -> Members:
        """Raises ResourceNotFound, InvalidParameterValue for `$LATEST`, ProvisionedConcurrencyConfigNotFound."""
        found = self._published(caller, members)
        if found.key not in found.function.provisions:
            raise ProvisionedConcurrencyConfigNotFound("No Provisioned Concurrency Config found for this function")
        return self._shown(found)

    def delete(self, caller: Caller, members: Members) -> Members:
        """Deleting what is not there succeeds, as on AWS."""
        found = self._published(caller, members)
        if found.function.provisions.pop(found.key, None):
            self.settle(found.function)
        return {}

    def list(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.unqualified(caller, members)
        keys, more = page([(key, key) for key in sorted(found.function.provisions)], members)
        shown = []
        for key in keys:
            one = self._lookup.qualified(caller, {**members, "Qualifier": key})
            shown.append({"FunctionArn": f"{one.version.function_arn}:{key}", **self._shown(one)})
        return {"ProvisionedConcurrencyConfigs": shown, "NextMarker": more}

    def settle(self, function: Function) -> None:
        """Have what is configured kept ready, and no more; to be called when an alias changed, too."""
        wanted = dict.fromkeys(function.published.values(), 0)
        for qualifier, provision in function.provisions.items():
            version = function.version(qualifier)
            if version is not None and version.number != LATEST:
                wanted[version] += provision.requested
        for version, count in wanted.items():
            self._fleet.provision(version, count)

    def _published(self, caller: Caller, members: Members) -> Found:
        if members["Qualifier"] == LATEST:
            raise InvalidParameterValue("The function resource provided must be an alias or a published version.")
        return self._lookup.published(caller, members)

    def _shown(self, found: Found) -> Members:
        provision = found.function.provisions[found.key]
        ready, failed = self._fleet.provisioned(found.version)
        ready = min(ready, provision.requested)
        status = "READY" if ready == provision.requested else "FAILED" if failed else "IN_PROGRESS"
        return {
            "RequestedProvisionedConcurrentExecutions": provision.requested,
            "AvailableProvisionedConcurrentExecutions": ready,
            "AllocatedProvisionedConcurrentExecutions": ready,
            "Status": status,
            "StatusReason": "FUNCTION_ERROR_INIT_FAILURE" if status == "FAILED" else None,
            "LastModified": provision.last_modified,
        }


def _check_room(found: Found, requested: int) -> None:
    """Raises InvalidParameterValue where the function's reservation or the account has less than that."""
    function = found.function
    others = sum(one.requested for key, one in function.provisions.items() if key != found.key)
    if function.reserved is not None:
        if function.reserved < others + requested:
            raise InvalidParameterValue(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
                "function"
            )
        return
    unreserved = ACCOUNT_CONCURRENCY - found.functions.reserved_total - others
    if requested > unreserved:
        raise InvalidParameterValue(
            f"Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
            f"[{unreserved}].",
            Type=None,
        )
    if unreserved - requested < MIN_UNRESERVED_CONCURRENCY:
        raise InvalidParameterValue(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            f"minimum value of [{MIN_UNRESERVED_CONCURRENCY}].",
            Type=None,
        )


def _check_conflict(found: Found) -> None:
    """Raises ResourceConflict, ResourceNotFound."""
    function, number = found.function, found.version.number
    alias = function.aliases.get(found.key)
    if alias is None and number not in function.published:
        raise ResourceNotFound(f"Function not found: {found.ref.arn}")
    if alias is not None and number in function.provisions:
        raise ResourceConflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
        )
    if alias is None and any(
        one.number == number for one in function.aliases.values() if one.name in function.provisions
    ):
        raise ResourceConflict("Version is pointed by a Provisioned Concurrency alias")
