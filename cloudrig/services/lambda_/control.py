"""Control plane: functions.

State changes are plain functions, atomic on the event loop; only what unpacks an archive or asks the upstream waits,
and it looks again at what it found before.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cloudrig.engine.errors import AccessDenied
from cloudrig.engine.messages import Addresses, Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.code import CodeStore
from cloudrig.services.lambda_.code_plane import code_url
from cloudrig.services.lambda_.code_signing import CodeSigning
from cloudrig.services.lambda_.configuration import configuration, listed
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceConflict
from cloudrig.services.lambda_.layers import LayerOperations, check_unzipped
from cloudrig.services.lambda_.lookup import Lookup, check_revision
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function
from cloudrig.services.lambda_.packages import Packages
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.runtimes import Runtimes
from cloudrig.services.lambda_.settings import changed_settings, new_settings
from cloudrig.services.lambda_.state import Function, Functions, Version
from cloudrig.services.lambda_.versions import Versions

MAX_NAME_LENGTH = 64

_PENDING: Members = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
    "LastUpdateStatus": None,
}
_IN_PROGRESS: Members = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}


class Control:
    """Operations on functions."""

    def __init__(
        self,
        lookup: Lookup,
        runtimes: Runtimes,
        packages: Packages,
        layers: LayerOperations,
        codes: CodeStore,
        versions: Versions,
        signing: CodeSigning,
        addresses: Addresses,
    ) -> None:
        self._lookup = lookup
        self._runtimes = runtimes
        self._packages = packages
        self._layers = layers
        self._codes = codes
        self._versions = versions
        self._signing = signing
        self._addresses = addresses

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "CreateFunction": self.create_function,
            "GetFunction": self.get_function,
            "GetFunctionConfiguration": self.get_function_configuration,
            "ListFunctions": self.list_functions,
            "UpdateFunctionCode": self.update_function_code,
            "UpdateFunctionConfiguration": self.update_function_configuration,
            "DeleteFunction": self.delete_function,
        }

    async def create_function(self, caller: Caller, members: Members) -> Members:
        """Create a function from a zip archive, in the request or in S3.

        Raises ResourceConflict for a name that is taken, InvalidParameterValue, OperationNotImplemented.
        """
        ref = parse_function(members["FunctionName"], caller.scope)
        functions = self._lookup.regions[ref.scope]
        _check_name(ref)
        if ref.scope.account != caller.scope.account:
            raise AccessDenied(f"{ref.arn} is a function of another account")
        _check_free(functions, ref.name)
        settings = replace(new_settings(members), layers=self._layers.chosen(members, ref.scope, ()))
        self._runtimes.check(settings.runtime)
        signing_arn = members.get("CodeSigningConfigArn") or None
        if signing_arn:
            self._signing.checked(signing_arn)
        async with self._packages.taken(members["Code"], caller.scope) as code:
            _check_free(functions, ref.name)
            check_unzipped(code, settings.layers)
            version = Version(ref.scope, ref.name, LATEST, code, settings, self._versions.now())
            self._codes.keep(*version.packages)
        function = Function(version, tags=dict(members.get("Tags") or {}), code_signing_arn=signing_arn)
        functions.by_name[ref.name] = function
        number = self._versions.publish(function, None).number if members.get("Publish") else LATEST
        return _under_way(function, Version=number, **_PENDING)

    def get_function(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.qualified(caller, members)
        function, version = found.function, found.version
        reserved = function.reserved
        return {
            "Configuration": configuration(version, found.ref.qualifier),
            "Code": {"RepositoryType": "S3", "Location": code_url(self._addresses.url, version.code)},
            "Tags": function.tags or None,
            "Concurrency": None if reserved is None else {"ReservedConcurrentExecutions": reserved},
        }

    def get_function_configuration(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.qualified(caller, members)
        return configuration(found.version, found.ref.qualifier)

    def list_functions(self, caller: Caller, members: Members) -> Members:
        """Functions by name, with `FunctionVersion: ALL` every version of each."""
        functions = self._lookup.regions[caller.scope].by_name
        every = members.get("FunctionVersion") == "ALL"
        versions = [
            (f"{name}:{version.number:>20}", version)
            for name, function in sorted(functions.items())
            for version in (function.versions() if every else [function.latest])
        ]
        found, more = page(sorted(versions, key=lambda item: item[0]), members)
        shown = [listed(version, version.number if every else None) for version in found]
        return {"Functions": shown, "NextMarker": more}

    async def update_function_code(self, caller: Caller, members: Members) -> Members:
        """Replace a function's code; events in flight finish on what they began with."""
        found = self._lookup.unqualified(caller, members)
        function = found.function
        check_revision(function.latest.revision.id, members)
        if members.get("ImageUri"):
            raise InvalidParameterValue("Please don't provide ImageUri when updating a function with packageType Zip.")
        async with self._packages.taken(members, caller.scope) as code:
            if members.get("DryRun") or found.functions.by_name.get(found.ref.name) is not function:
                return configuration(found.functions.find(found.ref).latest)
            settings = function.latest.settings
            check_unzipped(code, settings.layers)
            if "Architectures" in members:
                settings = replace(settings, architectures=tuple(members["Architectures"]))
            self._versions.supersede(function, code, settings)
        if members.get("Publish"):
            version = self._versions.publish(function, None)
            return configuration(version, version.number, **_PENDING)
        return _under_way(function, **_IN_PROGRESS)

    def update_function_configuration(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.unqualified(caller, members)
        function, before = found.function, found.version.settings
        check_revision(function.latest.revision.id, members)
        layers = self._layers.chosen(members, found.ref.scope, before.layers)
        settings = replace(changed_settings(before, members), layers=layers)
        self._runtimes.check(settings.runtime)
        check_unzipped(function.latest.code, layers)
        self._versions.supersede(function, function.latest.code, settings)
        return _under_way(function, **_IN_PROGRESS)

    def delete_function(self, caller: Caller, members: Members) -> Members:
        """Delete a function, or the published version that a qualifier names; of a version that is not there, nothing.

        Raises ResourceNotFound for the function, ResourceConflict where aliases point to the version.
        """
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        functions = self._lookup.regions[ref.scope]
        function = functions.find(replace(ref, qualifier=None))
        if ref.qualifier:
            self._delete_version(function, ref.qualifier)
            return {}
        functions.reserve(function, None)
        del functions.by_name[ref.name]
        for version in function.versions():
            self._versions.forget(version)
        return {}

    def _delete_version(self, function: Function, number: str) -> None:
        if number == LATEST:
            raise InvalidParameterValue("$LATEST version cannot be deleted without deleting the function.")
        if not number.isdigit():
            raise InvalidParameterValue("Deletion of aliases is not currently supported.")
        pointing = [alias.name for alias in function.aliases.values() if number in (alias.number, *alias.weights)]
        if pointing:
            raise ResourceConflict(
                f"Unable to delete version because the following aliases reference it: [{', '.join(pointing)}]"
            )
        version = function.published.pop(number, None)
        if version is not None:
            function.forget(number)
            self._versions.forget(version)


def _under_way(function: Function, **status: Any) -> Members:
    """A function as the answer to its change shows it; its RevisionId is another one when the change is done.

    Recorded in LocalStack's AWS-validated snapshots (`TestLambdaRevisions`).
    """
    shown = configuration(function.latest, **status)
    function.latest.revision.renew()
    return shown


def _check_name(ref: FunctionRef) -> None:
    """Names are shorter than what the service model, which has ARNs in mind, allows."""
    if len(ref.name) > MAX_NAME_LENGTH:
        raise InvalidParameterValue(
            f"1 validation error detected: Value '{ref.name}' at 'functionName' failed to satisfy constraint: Member "
            f"must have length less than or equal to {MAX_NAME_LENGTH}"
        )
    if ref.qualifier:
        raise InvalidParameterValue(f"Function names cannot have a qualifier: {ref.name}:{ref.qualifier}")


def _check_free(functions: Functions, name: str) -> None:
    if name in functions.by_name:
        raise ResourceConflict(f"Function already exist: {name}")
