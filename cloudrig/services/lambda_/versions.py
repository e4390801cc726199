"""Control plane: published versions, and what becomes of a state of a function that is left behind.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cloudrig.engine.clock import Clock
from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.code import CodeStore
from cloudrig.services.lambda_.configuration import configuration, listed
from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.fleet import Fleet
from cloudrig.services.lambda_.layer_state import Code
from cloudrig.services.lambda_.lookup import Lookup, check_revision
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.state import Function, Revision, Settings, Version


class Versions:
    """Operations on versions; and, for those on functions, `publish`, `supersede` and `forget`."""

    def __init__(self, lookup: Lookup, codes: CodeStore, fleet: Fleet, clock: Clock) -> None:
        self._lookup = lookup
        self._codes = codes
        self._fleet = fleet
        self._clock = clock

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {"PublishVersion": self.publish_version, "ListVersionsByFunction": self.list_versions}

    def publish_version(self, caller: Caller, members: Members) -> Members:
        """Publish `$LATEST`; one that did not change since gives the last version again.

        Raises PreconditionFailed, InvalidParameterValue where CodeSha256 is another.
        """
        function = self._lookup.unqualified(caller, members).function
        check_revision(function.latest.revision.id, members)
        digest = members.get("CodeSha256")
        if digest and digest != function.latest.code.sha256:
            raise InvalidParameterValue(
                f"CodeSHA256 ({digest}) is different from current CodeSHA256 in $LATEST "
                f"({function.latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST."
            )
        version = self.publish(function, members.get("Description"))
        return configuration(version, version.number)

    def list_versions(self, caller: Caller, members: Members) -> Members:
        function = self._lookup.unqualified(caller, members).function
        versions = [(f"{version.number.removeprefix('$LATEST'):>20}", version) for version in function.versions()]
        found, more = page(versions, members)
        return {"Versions": [listed(version, version.number) for version in found], "NextMarker": more}

    # --- for operations on functions ---

    def now(self) -> str:
        """The present as `LastModified` has it."""
        return self._clock.utc().strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def publish(self, function: Function, description: str | None) -> Version:
        before = function.last_number
        version = function.publish(description)
        if function.last_number > before:
            self._codes.keep(*version.packages)
        return version

    def supersede(self, function: Function, code: Code, settings: Settings) -> None:
        """Put a new `$LATEST` in place of the old one, whose events in flight finish."""
        old = function.latest
        function.latest = replace(old, code=code, settings=settings, last_modified=self.now(), revision=Revision())
        self._codes.keep(*function.latest.packages)
        self.forget(old)

    def forget(self, version: Version) -> None:
        self._fleet.retire(version)
        self._codes.drop(*version.packages)
