"""Control plane: layers, their versions and who else may use them.

Source: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html; texts of errors as in LocalStack's
AWS-validated snapshots (`TestLambdaLayer`).
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import AccessDenied
from cloudrig.engine.messages import Addresses, Caller, Members
from cloudrig.engine.names import Regional, Scope
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.code import MAX_UNZIPPED_BYTES, CodeStore
from cloudrig.services.lambda_.code_plane import code_url
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceNotFound
from cloudrig.services.lambda_.layer_state import Code, Layers, LayerVersion, layer_name, layer_version_arn
from cloudrig.services.lambda_.packages import Packages
from cloudrig.services.lambda_.paging import page

MAX_LAYERS = 5


class LayerOperations:
    """Operations on layers; and `chosen`, for functions that name some."""

    def __init__(self, packages: Packages, codes: CodeStore, clock: Clock, addresses: Addresses) -> None:
        self.regions = Regional(Layers)
        self._packages = packages
        self._codes = codes
        self._clock = clock
        self._addresses = addresses

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "PublishLayerVersion": self.publish,
            "GetLayerVersion": self.get,
            "GetLayerVersionByArn": self.get_by_arn,
            "ListLayers": self.list_layers,
            "ListLayerVersions": self.list_versions,
            "DeleteLayerVersion": self.delete,
        }

    async def publish(self, caller: Caller, members: Members) -> Members:
        """Publish a new version of a layer, from an archive in the request or in S3.

        Raises InvalidParameterValue: no archive, a path or link that leads outside, more than 250 MB.
        """
        scope, name = layer_name(members["LayerName"], caller.scope)
        async with self._packages.taken(members["Content"], caller.scope) as code:
            self._codes.keep(code)
        layers = self.regions[scope]
        version = LayerVersion(
            scope,
            name,
            layers.next_number(name),
            code,
            self._clock.utc().strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            members.get("Description", ""),
            members.get("LicenseInfo"),
            _given(members, "CompatibleRuntimes"),
            _given(members, "CompatibleArchitectures"),
        )
        layers.by_name.setdefault(name, {})[version.number] = version
        return self._content(version)

    def get(self, caller: Caller, members: Members) -> Members:
        return self._content(find_layer(self.regions, caller, members))

    def get_by_arn(self, caller: Caller, members: Members) -> Members:
        scope, name, number = layer_version_arn(members["Arn"])
        version = self.regions[scope].find(name, number)
        if version is None:
            raise ResourceNotFound("The resource you requested does not exist.")
        return self._content(version)

    def list_layers(self, caller: Caller, members: Members) -> Members:
        """Layers by name with their newest version that fits `CompatibleRuntime` and `CompatibleArchitecture`."""
        newest = []
        for name, versions in sorted(self.regions[caller.scope].by_name.items()):
            fitting = [version for version in versions.values() if _fits(version, members)]
            if fitting:
                newest.append((name, fitting[-1]))
        found, more = page(newest, members)
        layers = [
            {"LayerName": one.name, "LayerArn": one.layer_arn, "LatestMatchingVersion": _shown(one)} for one in found
        ]
        return {"Layers": layers, "NextMarker": more}

    def list_versions(self, caller: Caller, members: Members) -> Members:
        """The newest first."""
        scope, name = layer_name(members["LayerName"], caller.scope)
        versions = self.regions[scope].by_name.get(name, {})
        fitting = [version for version in versions.values() if _fits(version, members)]
        found, more = page([(f"{-one.number + 10**9:>10}", one) for one in reversed(fitting)], members)
        return {"LayerVersions": [_shown(version) for version in found], "NextMarker": more}

    def delete(self, caller: Caller, members: Members) -> Members:
        """Functions that use the version keep it. Deleting what is not there succeeds, as on AWS."""
        _check_number(members)
        scope, name = layer_name(members["LayerName"], caller.scope)
        removed = self.regions[scope].remove(name, members["VersionNumber"])
        if removed is not None:
            self._codes.drop(removed.code)
        return {}

    def chosen(self, members: Members, function: Scope, before: tuple[LayerVersion, ...]) -> tuple[LayerVersion, ...]:
        """The layers that a function's `Layers` name, in order; those it had, where the members name none.

        Raises InvalidParameterValue, AccessDenied.
        """
        if "Layers" not in members:
            return before
        arns: list[str] = members["Layers"]
        if len(arns) > MAX_LAYERS:
            raise InvalidParameterValue(f"Cannot reference more than {MAX_LAYERS} layers.")
        had = {version.arn: version for version in before}
        versions = tuple(had.get(arn) or self._usable(arn, function) for arn in arns)
        seen: dict[str, LayerVersion] = {}
        for version in versions:
            if version.layer_arn in seen:
                raise InvalidParameterValue(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                    f"{seen[version.layer_arn].arn} and {version.arn} are versions of the same layer."
                )
            seen[version.layer_arn] = version
        return versions

    def _usable(self, arn: str, function: Scope) -> LayerVersion:
        scope, name, number = layer_version_arn(arn)
        if scope.region != function.region:
            raise InvalidParameterValue(
                "Layers are not in the same region as the function. Layers are expected to be in region "
                f"{function.region}."
            )
        version = self.regions[scope].find(name, number)
        if version is None:
            raise InvalidParameterValue(f"Layer version {arn} does not exist.")
        if scope.account != function.account and not version.policy.allows_account(function.account):
            raise AccessDenied(
                f"User: arn:aws:iam::{function.account}:root is not authorized to perform: lambda:GetLayerVersion on "
                f"resource: {arn} because no resource-based policy allows the lambda:GetLayerVersion action"
            )
        return version

    def _content(self, version: LayerVersion) -> Members:
        content = {
            "Location": code_url(self._addresses.url, version.code),
            "CodeSha256": version.code.sha256,
            "CodeSize": version.code.size_bytes,
        }
        return {"Content": content, "LayerArn": version.layer_arn, **_shown(version)}


def find_layer(regions: Regional[Layers], caller: Caller, members: Members) -> LayerVersion:
    """The version that `LayerName` and `VersionNumber` name. Raises ResourceNotFound, InvalidParameterValue."""
    _check_number(members)
    scope, name = layer_name(members["LayerName"], caller.scope)
    version = regions[scope].find(name, members["VersionNumber"])
    if version is None:
        raise ResourceNotFound("The resource you requested does not exist.")
    return version


def check_unzipped(code: Code, layers: tuple[LayerVersion, ...]) -> None:
    """Raises InvalidParameterValue where a function and its layers are too large together."""
    size_bytes = code.unzipped_bytes + sum(layer.code.unzipped_bytes for layer in layers)
    if size_bytes > MAX_UNZIPPED_BYTES:
        raise InvalidParameterValue(
            f"Function code combined with layers exceeds the maximum allowed size of {MAX_UNZIPPED_BYTES} bytes. The "
            f"actual size is {size_bytes} bytes."
        )


def _check_number(members: Members) -> None:
    if members["VersionNumber"] < 1:
        raise InvalidParameterValue("Layer Version Cannot be less than 1")


def _given(members: Members, name: str) -> tuple[str, ...] | None:
    """A list as it was given; an empty one is shown, too."""
    return None if members.get(name) is None else tuple(members[name])


def _fits(version: LayerVersion, members: Members) -> bool:
    runtime, architecture = members.get("CompatibleRuntime"), members.get("CompatibleArchitecture")
    return (runtime is None or runtime in (version.runtimes or ())) and (
        architecture is None or architecture in (version.architectures or ())
    )


def _shown(version: LayerVersion) -> Members:
    return {
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": version.created,
        "CompatibleRuntimes": None if version.runtimes is None else list(version.runtimes),
        "CompatibleArchitectures": None if version.architectures is None else list(version.architectures),
        "LicenseInfo": version.license,
    }
