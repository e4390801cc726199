"""The forms in which a function is named: name, partial ARN or ARN, each with or without a qualifier.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (FunctionName); the service model's pattern has
been checked before a name comes here.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceNotFound

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function in its account and region; `qualifier` is a version or alias, None where none was given."""

    scope: Scope
    name: str
    qualifier: str | None

    @property
    def arn(self) -> str:
        """The ARN as AWS writes it in errors: with the qualifier if there is one."""
        arn = self.scope.arn("lambda", f"function:{self.name}")
        return f"{arn}:{self.qualifier}" if self.qualifier else arn


def parse_function(text: str, caller: Scope, qualifier: str | None = None) -> FunctionRef:
    """Read a function name as a caller gave it, `qualifier` being the one given beside it.

    Raises ResourceNotFound for another region's ARN, InvalidParameterValue for two qualifiers that differ.
    """
    account, region, parts = _split(text)
    if region is not None and region != caller.region:
        raise ResourceNotFound(f"Functions from '{region}' are not reachable in this region ('{caller.region}')")
    named = parts[1] if len(parts) > 1 else None
    if qualifier and named and qualifier != named:
        raise InvalidParameterValue(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return FunctionRef(Scope(account or caller.account, caller.region), parts[0], qualifier or named)


def parse_function_arn(arn: str) -> FunctionRef:
    """Read a full ARN, whatever its region; the form in which services name functions to one another."""
    account, region, parts = _split(arn)
    if account is None or region is None:
        raise ResourceNotFound(f"Function not found: {arn}")
    return FunctionRef(Scope(account, region), parts[0], parts[1] if len(parts) > 1 else None)


def _split(text: str) -> tuple[str | None, str | None, list[str]]:
    """Account, region and `[name, qualifier?]`."""
    parts = text.split(":")
    if parts[0] == "arn" and len(parts) > 6:
        return parts[4], parts[3], parts[6:8]
    if parts[0] == "function" and len(parts) > 1:
        return None, None, parts[1:3]
    if len(parts) > 2 and parts[1] == "function":
        return parts[0], None, parts[2:4]
    if len(parts) > 1 and len(parts[0]) == 12 and parts[0].isdigit():
        return parts[0], None, parts[1:3]
    return None, None, parts[:2]
