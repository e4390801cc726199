"""Control plane: functions and their versions, concurrency, tags.

State changes are plain functions, atomic on the event loop; only what unpacks an archive or asks the upstream waits,
and it looks again at what it found before.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import OperationNotImplemented
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Addresses, Caller, Members
from cloudrig.engine.names import Regional, Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.code import MAX_UNZIPPED_BYTES, CodeStore, check_size
from cloudrig.services.lambda_.code_plane import code_url
from cloudrig.services.lambda_.configuration import configuration, runtime_version_arn
from cloudrig.services.lambda_.errors import (
    InvalidParameterValue,
    PreconditionFailed,
    ResourceConflict,
)
from cloudrig.services.lambda_.fleet import Fleet
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.settings import changed_settings, new_settings
from cloudrig.services.lambda_.state import ACCOUNT_CONCURRENCY, Code, Function, Functions, Settings, Version

_PENDING = {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"}
_IN_PROGRESS = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}


class Control:
    """Operations on functions."""

    def __init__(
        self,
        regions: Regional[Functions],
        codes: CodeStore,
        fleet: Fleet,
        clock: Clock,
        upstream: Upstream,
        addresses: Addresses,
    ) -> None:
        self._regions = regions
        self._codes = codes
        self._fleet = fleet
        self._clock = clock
        self._upstream = upstream
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
            "PublishVersion": self.publish_version,
            "ListVersionsByFunction": self.list_versions,
            "PutFunctionConcurrency": self.put_concurrency,
            "GetFunctionConcurrency": self.get_concurrency,
            "DeleteFunctionConcurrency": self.delete_concurrency,
            "GetAccountSettings": self.get_account_settings,
            "GetFunctionCodeSigningConfig": self.get_code_signing_config,
            "GetFunctionRecursionConfig": self.get_recursion_config,
            "GetRuntimeManagementConfig": self.get_runtime_management_config,
        }

    # --- functions ---

    async def create_function(self, caller: Caller, members: Members) -> Members:
        """Create a function from a zip archive, in the request or in S3.

        Raises ResourceConflict for a name that is taken, InvalidParameterValue, OperationNotImplemented.
        """
        ref = parse_function(members["FunctionName"], caller.scope)
        functions = self._regions[ref.scope]
        _check_free(functions, ref.name)
        settings = new_settings(members)
        code = await self._code(members["Code"], caller.scope, "CreateFunction")
        if ref.name in functions.by_name:
            self._codes.drop(code)
        _check_free(functions, ref.name)
        function = Function(self._version(ref, code, settings), tags=dict(members.get("Tags") or {}))
        functions.by_name[ref.name] = function
        if members.get("Publish"):
            self._publish(function, None)
        return configuration(function.latest, LastUpdateStatus=None, **_PENDING)

    def get_function(self, caller: Caller, members: Members) -> Members:
        ref, functions, version = self._find(caller, members)
        function = functions.find(ref)
        reserved = function.reserved
        return {
            "Configuration": configuration(version),
            "Code": {"RepositoryType": "S3", "Location": code_url(self._addresses.url, version.code)},
            "Tags": function.tags or None,
            "Concurrency": None if reserved is None else {"ReservedConcurrentExecutions": reserved},
        }

    def get_function_configuration(self, caller: Caller, members: Members) -> Members:
        return configuration(self._find(caller, members)[2])

    def list_functions(self, caller: Caller, members: Members) -> Members:
        """Functions by name, with `FunctionVersion: ALL` every version of each."""
        functions = self._regions[caller.scope].by_name
        every = members.get("FunctionVersion") == "ALL"
        versions = [
            (f"{name}:{version.number:>20}", version)
            for name, function in sorted(functions.items())
            for version in (function.versions() if every else [function.latest])
        ]
        found, more = page(sorted(versions, key=lambda item: item[0]), members)
        return {"Functions": [configuration(version) for version in found], "NextMarker": more}

    async def update_function_code(self, caller: Caller, members: Members) -> Members:
        """Replace a function's code; events in flight finish on what they began with."""
        ref, functions, function = self._find_latest(caller, members)
        _check_revision(function.latest.revision_id, members)
        code = await self._code(members, caller.scope, "UpdateFunctionCode")
        if members.get("DryRun") or functions.by_name.get(ref.name) is not function:
            self._codes.drop(code)
            return configuration(functions.find(ref).latest)
        settings = function.latest.settings
        if "Architectures" in members:
            settings = replace(settings, architectures=tuple(members["Architectures"]))
        self._replace(function, code, settings)
        if members.get("Publish"):
            return configuration(self._publish(function, None), **_IN_PROGRESS)
        return configuration(function.latest, **_IN_PROGRESS)

    def update_function_configuration(self, caller: Caller, members: Members) -> Members:
        _, _, function = self._find_latest(caller, members)
        _check_revision(function.latest.revision_id, members)
        settings = changed_settings(function.latest.settings, members)
        self._codes.keep(function.latest.code)
        self._replace(function, function.latest.code, settings)
        return configuration(function.latest, **_IN_PROGRESS)

    def delete_function(self, caller: Caller, members: Members) -> Members:
        """Delete a function, or the published version that a qualifier names."""
        ref, functions, version = self._find(caller, members)
        function = functions.find(ref)
        if ref.qualifier == LATEST:
            raise InvalidParameterValue("$LATEST version cannot be deleted without deleting the function.")
        if ref.qualifier:
            del function.published[version.number]
            self._forget(version)
            return {}
        functions.reserve(function, None)
        del functions.by_name[ref.name]
        for version in function.versions():
            self._forget(version)
        return {}

    # --- versions ---

    def publish_version(self, caller: Caller, members: Members) -> Members:
        """Publish `$LATEST`. Raises PreconditionFailed, InvalidParameterValue where CodeSha256 is another."""
        _, _, function = self._find_latest(caller, members)
        _check_revision(function.latest.revision_id, members)
        digest = members.get("CodeSha256")
        if digest and digest != function.latest.code.sha256:
            raise InvalidParameterValue(
                f"CodeSHA256 ({digest}) is different from current CodeSHA256 in $LATEST "
                f"({function.latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST."
            )
        return configuration(self._publish(function, members.get("Description")))

    def list_versions(self, caller: Caller, members: Members) -> Members:
        _, _, function = self._find_latest(caller, members)
        versions = [(f"{version.number:>20}", version) for version in function.versions()]
        found, more = page(sorted(versions, key=lambda item: item[0]), members)
        return {"Versions": [configuration(version) for version in found], "NextMarker": more}

    # --- concurrency ---

    def put_concurrency(self, caller: Caller, members: Members) -> Members:
        _, functions, function = self._find_latest(caller, members)
        functions.reserve(function, members["ReservedConcurrentExecutions"])
        return {"ReservedConcurrentExecutions": function.reserved}

    def get_concurrency(self, caller: Caller, members: Members) -> Members:
        return {"ReservedConcurrentExecutions": self._find_latest(caller, members)[2].reserved}

    def delete_concurrency(self, caller: Caller, members: Members) -> Members:
        _, functions, function = self._find_latest(caller, members)
        functions.reserve(function, None)
        return {}

    def get_account_settings(self, caller: Caller, members: Members) -> Members:
        functions = self._regions[caller.scope]
        versions = [version for function in functions.by_name.values() for version in function.versions()]
        return {
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800,
                "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
                "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - functions.reserved_total,
            },
            "AccountUsage": {
                "TotalCodeSize": sum(version.code.size_bytes for version in versions),
                "FunctionCount": len(functions.by_name),
            },
        }

    # --- what infrastructure tools read and nobody set ---

    def get_code_signing_config(self, caller: Caller, members: Members) -> Members:
        return {"FunctionName": self._find_latest(caller, members)[0].name, "CodeSigningConfigArn": ""}

    def get_recursion_config(self, caller: Caller, members: Members) -> Members:
        self._find_latest(caller, members)
        return {"RecursiveLoop": "Terminate"}

    def get_runtime_management_config(self, caller: Caller, members: Members) -> Members:
        version = self._find(caller, members)[2]
        return {
            "UpdateRuntimeOn": "Auto",
            "FunctionArn": version.arn,
            "RuntimeVersionArn": runtime_version_arn(version),
        }

    # --- parts ---

    def _find(self, caller: Caller, members: Members) -> tuple[FunctionRef, Functions, Version]:
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        functions = self._regions[ref.scope]
        return ref, functions, functions.find_version(ref)

    def _find_latest(self, caller: Caller, members: Members) -> tuple[FunctionRef, Functions, Function]:
        """The function itself, for operations that take no qualifier."""
        ref = parse_function(members["FunctionName"], caller.scope)
        functions = self._regions[ref.scope]
        return ref, functions, functions.find(ref)

    def _version(self, ref: FunctionRef, code: Code, settings: Settings) -> Version:
        return Version(ref.scope, ref.name, LATEST, code, settings, self._now(), names.request_id())

    def _now(self) -> str:
        return self._clock.utc().strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def _replace(self, function: Function, code: Code, settings: Settings) -> None:
        """Put a new `$LATEST` in place of the old one; `code` is kept already."""
        old = function.latest
        function.latest = replace(
            old, code=code, settings=settings, last_modified=self._now(), revision_id=names.request_id()
        )
        self._forget(old)

    def _publish(self, function: Function, description: str | None) -> Version:
        before = len(function.published)
        version = function.publish(names.request_id(), description)
        if len(function.published) > before:
            self._codes.keep(version.code)
        return version

    def _forget(self, version: Version) -> None:
        self._fleet.retire(version)
        self._codes.drop(version.code)

    async def _code(self, members: Members, scope: Scope, operation: str) -> Code:
        """Unpack the archive that a request carries or points to."""
        if members.get("ImageUri"):
            raise OperationNotImplemented("cloudrig runs functions from zip archives; container images are not built")
        archive = members.get("ZipFile")
        if archive is not None:
            check_size(archive, operation)
        elif members.get("S3Bucket") and members.get("S3Key"):
            archive = await self._from_s3(members, scope)
        else:
            raise InvalidParameterValue("Please provide a source for function code.")
        return await self._codes.add(archive)

    async def _from_s3(self, members: Members, scope: Scope) -> bytes:
        place: dict[str, Any] = {"Bucket": members["S3Bucket"], "Key": members["S3Key"]}
        if members.get("S3ObjectVersion"):
            place["VersionId"] = members["S3ObjectVersion"]
        try:
            answer = await self._upstream.call("s3", "get_object", scope, **place)
        except ClientError as error:
            found = error.response["Error"]
            raise InvalidParameterValue(
                f"Error occurred while GetObject. S3 Error Code: {found['Code']}. S3 Error Message: {found['Message']}"
            ) from error
        body: bytes = answer["Body"]
        return body


def _check_free(functions: Functions, name: str) -> None:
    if name in functions.by_name:
        raise ResourceConflict(f"Function already exist: {name}")


def _check_revision(revision_id: str, members: Members) -> None:
    given = members.get("RevisionId")
    if given and given != revision_id:
        raise PreconditionFailed(
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id"
        )
