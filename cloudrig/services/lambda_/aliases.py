"""Control plane: aliases, names for versions that can share their traffic between two.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html; texts of errors as in LocalStack's
AWS-validated snapshots (`TestLambdaAlias`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cloudrig.engine.messages import Caller, Members
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceConflict, ResourceNotFound
from cloudrig.services.lambda_.lookup import Found, Lookup, check_revision
from cloudrig.services.lambda_.naming import LATEST
from cloudrig.services.lambda_.paging import page
from cloudrig.services.lambda_.state import Alias, Function


class Aliases:
    """Operations on aliases."""

    def __init__(self, lookup: Lookup, changed: Callable[[Function], None]) -> None:
        """`changed` is called when an alias of a function was pointed elsewhere or deleted."""
        self._lookup = lookup
        self._changed = changed

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "CreateAlias": self.create,
            "GetAlias": self.get,
            "ListAliases": self.list,
            "UpdateAlias": self.update,
            "DeleteAlias": self.delete,
        }

    def create(self, caller: Caller, members: Members) -> Members:
        """Raises ResourceNotFound for a function or version, ResourceConflict, InvalidParameterValue."""
        weights = _weights(members) or {}
        name, number = members["Name"], members["FunctionVersion"]
        found = self._lookup.unqualified(caller, members, number)
        _check_versions(found, number, weights)
        if name in found.function.aliases:
            raise ResourceConflict(f"Alias already exists: {_arn(found, name)}")
        alias = Alias(name, number, members.get("Description", ""), weights)
        found.function.aliases[name] = alias
        return _shown(found, alias)

    def get(self, caller: Caller, members: Members) -> Members:
        found = self._lookup.unqualified(caller, members)
        alias = found.function.aliases.get(members["Name"])
        if alias is None:
            raise ResourceNotFound(f"Cannot find alias arn: {_arn(found, members['Name'])}")
        return _shown(found, alias)

    def list(self, caller: Caller, members: Members) -> Members:
        """Aliases by name; with `FunctionVersion` those of one version."""
        found, number = self._lookup.unqualified(caller, members), members.get("FunctionVersion")
        aliases = sorted(
            (name, alias)
            for name, alias in found.function.aliases.items()
            if number is None or number == alias.number or number in alias.weights
        )
        listed, more = page(aliases, members)
        return {"Aliases": [_shown(found, alias) for alias in listed], "NextMarker": more}

    def update(self, caller: Caller, members: Members) -> Members:
        """Change what is given; an empty RoutingConfig ends the sharing. Raises as `create`; PreconditionFailed."""
        weights = _weights(members)
        found = self._lookup.unqualified(caller, members)
        alias = found.function.aliases.get(members["Name"])
        if alias is None:
            raise ResourceNotFound(f"Alias not found: {_arn(found, members['Name'])}")
        check_revision(alias.revision.id, members)
        number = members.get("FunctionVersion") or alias.number
        weights = alias.weights if weights is None else weights
        _check_versions(found, number, weights)
        alias.number, alias.weights = number, weights
        alias.description = members.get("Description", alias.description)
        alias.revision.renew()
        self._changed(found.function)
        return _shown(found, alias)

    def delete(self, caller: Caller, members: Members) -> Members:
        """Deleting what is not there succeeds, as on AWS."""
        function = self._lookup.unqualified(caller, members).function
        if function.aliases.pop(members["Name"], None):
            function.forget(members["Name"])
            self._changed(function)
        return {}


def _weights(members: Members) -> Mapping[str, float] | None:
    """The additional versions that the members name, None where they name none."""
    if "RoutingConfig" not in members:
        return None
    weights: dict[str, float] = members["RoutingConfig"].get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        raise InvalidParameterValue("Number of items in AdditionalVersionWeights cannot be greater than 1")
    return weights


def _check_versions(found: Found, number: str, weights: Mapping[str, float]) -> None:
    """An alias points to versions that exist, each once, and to `$LATEST` only alone."""
    if number in weights:
        raise InvalidParameterValue(
            f"Invalid function version {number}. Function version {number} is already included in routing "
            "configuration."
        )
    if number == LATEST and weights:
        raise InvalidParameterValue(
            f"{LATEST} is not supported for an alias pointing to more than 1 version", Type=None
        )
    for one in (number, *weights):
        if one != LATEST and one not in found.function.published:
            raise ResourceNotFound(f"Function not found: {_arn(found, one)}")


def _arn(found: Found, qualifier: str) -> str:
    return f"{found.version.function_arn}:{qualifier}"


def _shown(found: Found, alias: Alias) -> Members:
    return {
        "AliasArn": _arn(found, alias.name),
        "Name": alias.name,
        "FunctionVersion": alias.number,
        "Description": alias.description,
        "RoutingConfig": {"AdditionalVersionWeights": dict(alias.weights)} if alias.weights else None,
        "RevisionId": alias.revision.id,
    }
