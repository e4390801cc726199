"""Functions, their versions and what belongs to them. No sockets, no clock, no asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceNotFound, TooManyRequests
from cloudrig.services.lambda_.naming import LATEST, FunctionRef
from cloudrig.services.lambda_.policy import Policy

ACCOUNT_CONCURRENCY = 1000
MIN_UNRESERVED_CONCURRENCY = 100
"""What reservations must leave to functions without one."""


@dataclass(frozen=True, slots=True)
class Code:
    """An unpacked deployment package. `sha256` is in base64 as in `CodeSha256`, `size_bytes` the archive's."""

    sha256: str
    size_bytes: int
    root: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of a function that a caller sets; what the engine has no use for is kept to be shown."""

    role: str
    handler: str
    runtime: str
    description: str = ""
    timeout_s: int = 3
    memory_mb: int = 128
    ephemeral_mb: int = 512
    environment: Mapping[str, str] | None = None
    architectures: tuple[str, ...] = ("x86_64",)
    tracing: str = "PassThrough"
    log_group: str | None = None
    shown: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """One immutable state of a function: `$LATEST` as it stands, or a published version. Compared by identity."""

    scope: Scope
    name: str
    number: str
    code: Code
    settings: Settings
    last_modified: str
    revision_id: str

    @property
    def function_arn(self) -> str:
        return self.scope.arn("lambda", f"function:{self.name}")

    @property
    def arn(self) -> str:
        """The ARN of this version: unqualified for `$LATEST`."""
        return self.function_arn if self.number == LATEST else f"{self.function_arn}:{self.number}"

    @property
    def log_group(self) -> str:
        return self.settings.log_group or f"/aws/lambda/{self.name}"


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """How asynchronous invocations are retried. Source: API_PutFunctionEventInvokeConfig."""

    last_modified: float
    maximum_retry_attempts: int | None = None
    maximum_event_age_s: int | None = None


@dataclass(slots=True)
class Function:
    """A function: its newest state, what was published of it, and what belongs to all of them."""

    latest: Version
    published: dict[str, Version] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    event_configs: dict[str, EventInvokeConfig] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    reserved: int | None = None
    in_flight: int = 0

    def version(self, qualifier: str | None) -> Version | None:
        """The version that a qualifier names; None where there is none."""
        return self.latest if qualifier in (None, LATEST) else self.published.get(qualifier or "")

    def versions(self) -> list[Version]:
        return [self.latest, *self.published.values()]

    def publish(self, revision_id: str, description: str | None) -> Version:
        """Freeze `$LATEST` under the next number; unchanged code and settings give the last version again."""
        last = next(reversed(self.published.values()), None)
        settings = self.latest.settings
        if description is not None:
            settings = replace(settings, description=description)
        if last is not None and (last.code.sha256, last.settings) == (self.latest.code.sha256, settings):
            return last
        number = str(int(last.number) + 1 if last else 1)
        version = replace(self.latest, number=number, settings=settings, revision_id=revision_id)
        self.published[number] = version
        return version


class Functions:
    """The functions of one account and region, and how many events they have in flight."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.by_name: dict[str, Function] = {}
        self.in_flight = 0
        self.reserved_total = 0

    def find(self, ref: FunctionRef) -> Function:
        """Raises ResourceNotFound."""
        function = self.by_name.get(ref.name)
        if function is None:
            raise ResourceNotFound(f"Function not found: {ref.arn}")
        return function

    def find_version(self, ref: FunctionRef) -> Version:
        """Raises ResourceNotFound, for the function or for the version."""
        version = self.find(ref).version(ref.qualifier)
        if version is None:
            raise ResourceNotFound(f"Function not found: {ref.arn}")
        return version

    def reserve(self, function: Function, reserved: int | None) -> None:
        """Set or lift a function's reserved concurrency. Raises InvalidParameterValue where it leaves too little."""
        total = self.reserved_total - (function.reserved or 0) + (reserved or 0)
        if ACCOUNT_CONCURRENCY - total < MIN_UNRESERVED_CONCURRENCY:
            raise InvalidParameterValue(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{MIN_UNRESERVED_CONCURRENCY}]."
            )
        self.reserved_total, function.reserved = total, reserved

    def enter(self, function: Function) -> None:
        """Count an event in. Raises TooManyRequests; otherwise `leave` must follow."""
        if function.reserved is not None:
            if function.in_flight >= function.reserved:
                raise TooManyRequests("Rate Exceeded.", Reason="ReservedFunctionConcurrentInvocationLimitExceeded")
        elif self.in_flight >= (limit := ACCOUNT_CONCURRENCY - self.reserved_total):
            reserved = sum(one.in_flight for one in self.by_name.values() if one.reserved is not None)
            if self.in_flight - reserved >= limit:
                raise TooManyRequests("Rate Exceeded.", Reason="ConcurrentInvocationLimitExceeded")
        function.in_flight += 1
        self.in_flight += 1

    def leave(self, function: Function) -> None:
        function.in_flight -= 1
        self.in_flight -= 1
