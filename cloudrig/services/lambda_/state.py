"""Functions, their versions and what belongs to them. No sockets, no clock, no asyncio."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cloudrig.engine import names
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.errors import InvalidParameterValue, ResourceNotFound, TooManyRequests
from cloudrig.services.lambda_.layer_state import Code, LayerVersion
from cloudrig.services.lambda_.naming import LATEST, FunctionRef
from cloudrig.services.lambda_.policy import Policy
from cloudrig.services.lambda_.tracing import Sampling

ACCOUNT_CONCURRENCY = 1000
MIN_UNRESERVED_CONCURRENCY = 100
"""What reservations must leave to functions without one."""


@dataclass(frozen=True, slots=True)
class Logging:
    """Where a function's log goes and in which format, `Text` or `JSON`. Levels count in JSON only."""

    group: str | None = None
    format: str = "Text"
    application_level: str = "INFO"
    system_level: str = "INFO"


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
    logging: Logging = field(default_factory=Logging)
    snap_start: bool = False
    layers: tuple[LayerVersion, ...] = ()
    dead_letter_arn: str | None = None
    shown: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Revision:
    """The `RevisionId` of a version or alias: another one after each change of it or of its policy."""

    id: str = field(default_factory=names.request_id)

    def renew(self) -> None:
        self.id = names.request_id()


@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """One immutable state of a function: `$LATEST` as it stands, or a published version. Compared by identity."""

    scope: Scope
    name: str
    number: str
    code: Code
    settings: Settings
    last_modified: str
    revision: Revision = field(default_factory=Revision)

    @property
    def function_arn(self) -> str:
        return self.scope.arn("lambda", f"function:{self.name}")

    @property
    def arn(self) -> str:
        """The ARN of this version: unqualified for `$LATEST`."""
        return self.function_arn if self.number == LATEST else f"{self.function_arn}:{self.number}"

    @property
    def packages(self) -> tuple[Code, ...]:
        """All that has to stay unpacked while the version may run: its own code and its layers'."""
        return (self.code, *(layer.code for layer in self.settings.layers))

    @property
    def log_group(self) -> str:
        return self.settings.logging.group or f"/aws/lambda/{self.name}"


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """How asynchronous invocations are retried, and the ARNs that their records go to."""

    last_modified: float
    maximum_retry_attempts: int | None = None
    maximum_event_age_s: int | None = None
    on_success: str | None = None
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class RuntimeUpdates:
    """When a function's runtime is updated: `Auto`, `FunctionUpdate` or `Manual`, that with the version it stays at."""

    mode: str
    version_arn: str | None = None


@dataclass(slots=True)
class UrlConfig:
    """A function URL, of `$LATEST` or of an alias. `cors` is as the API has it."""

    url_id: str
    auth_type: str
    invoke_mode: str | None
    cors: Mapping[str, Any] | None
    created: str
    last_modified: str

    @property
    def mode(self) -> str:
        return self.invoke_mode or "BUFFERED"


@dataclass(slots=True)
class Alias:
    """A name for a version. `weights` gives other versions a part (0 to 1) of its invocations."""

    name: str
    number: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    revision: Revision = field(default_factory=Revision)


@dataclass(frozen=True, slots=True)
class Provision:
    """How many environments are kept ready."""

    requested: int
    last_modified: str


@dataclass(slots=True)
class Function:
    """A function: its newest state, what was published of it, and what belongs to all of them."""

    latest: Version
    published: dict[str, Version] = field(default_factory=dict)
    last_number: int = 0
    last_published: Version | None = None
    aliases: dict[str, Alias] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    event_configs: dict[str, EventInvokeConfig] = field(default_factory=dict)
    provisions: dict[str, Provision] = field(default_factory=dict)
    urls: dict[str, UrlConfig] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    code_signing_arn: str | None = None
    recursive_loop: str = "Terminate"
    runtime_updates: dict[str, RuntimeUpdates] = field(default_factory=dict)
    reserved: int | None = None
    in_flight: int = 0
    sampling: Sampling = field(default_factory=Sampling)

    def version(self, qualifier: str | None) -> Version | None:
        """The version that a qualifier names, an alias's main one; None where there is none."""
        if qualifier in (None, LATEST):
            return self.latest
        alias = self.aliases.get(qualifier or "")
        return self.version(alias.number) if alias else self.published.get(qualifier or "")

    def routed(self, qualifier: str | None) -> Version | None:
        """The version that one invocation goes to: of an alias with weights, one by chance."""
        alias = self.aliases.get(qualifier or "")
        if alias is None or not alias.weights:
            return self.version(qualifier)
        drawn = random.random()  # noqa: S311  a share of traffic, no secret
        for number, weight in alias.weights.items():
            drawn -= weight
            if drawn < 0:
                return self.version(number)
        return self.version(alias.number)

    def revision(self, qualifier: str | None) -> Revision:
        """The revision of what a qualifier names, which exists."""
        alias = self.aliases.get(qualifier or "")
        return alias.revision if alias else (self.version(qualifier) or self.latest).revision

    def versions(self) -> list[Version]:
        return [self.latest, *self.published.values()]

    def publish(self, description: str | None) -> Version:
        """Freeze `$LATEST` under the next number; unchanged code and settings give the last version again."""
        last, before = self.published.get(str(self.last_number)), self.last_published
        if last and before and (before.code, before.settings) == (self.latest.code, self.latest.settings):
            return last
        settings = self.latest.settings
        if description is not None:
            settings = replace(settings, description=description)
        self.last_number += 1  # numbers of deleted versions are not given again
        number = str(self.last_number)
        version = replace(self.latest, number=number, settings=settings, revision=Revision())
        self.published[number], self.last_published = version, self.latest
        self.latest.revision.renew()
        return version

    def forget(self, qualifier: str) -> None:
        """Drop what belongs to a version or alias that is deleted; the URL of an alias stays, and is forbidden."""
        self.policies.pop(qualifier, None)
        self.event_configs.pop(qualifier, None)
        self.provisions.pop(qualifier, None)
        self.runtime_updates.pop(qualifier, None)


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

    def exists(self, ref: FunctionRef) -> bool:
        """Whether there is the function, and the version or alias if one is named."""
        function = self.by_name.get(ref.name)
        return function is not None and function.version(ref.qualifier) is not None

    def find_version(self, ref: FunctionRef) -> Version:
        """Raises ResourceNotFound, for the function or for the version."""
        version = self.find(ref).version(ref.qualifier)
        if version is None:
            raise ResourceNotFound(f"Function not found: {ref.arn}")
        return version

    def route(self, ref: FunctionRef) -> tuple[Function, Version]:
        """The function and the version that an invocation goes to. Raises ResourceNotFound."""
        function = self.find(ref)
        version = function.routed(ref.qualifier)
        if version is None:
            raise ResourceNotFound(f"Function not found: {ref.arn}")
        return function, version

    def reserve(self, function: Function, reserved: int | None) -> None:
        """Set or lift a function's reserved concurrency. Raises InvalidParameterValue where it leaves too little."""
        total = self.reserved_total - (function.reserved or 0) + (reserved or 0)
        if ACCOUNT_CONCURRENCY - total < MIN_UNRESERVED_CONCURRENCY:
            raise InvalidParameterValue(
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
                f"below its minimum value of [{MIN_UNRESERVED_CONCURRENCY}].",
                Type=None,
            )
        self.reserved_total, function.reserved = total, reserved

    def is_reserved(self, name: str) -> bool:
        """Whether a function, if there is one of the name, has reserved concurrency."""
        function = self.by_name.get(name)
        return function is not None and function.reserved is not None

    def enter(self, function: Function, at_work: Callable[[], int]) -> None:
        """Count an event in. Raises TooManyRequests; otherwise `leave` must follow.

        A reservation bounds the events in flight. The account's limit bounds the environments `at_work` for functions
        without one: events in excess of those wait because this machine is small, and on AWS would be through by now.
        """
        if function.reserved is not None:
            if function.in_flight >= function.reserved:
                raise TooManyRequests("Rate Exceeded.", Reason="ReservedFunctionConcurrentInvocationLimitExceeded")
        elif self.in_flight >= (limit := ACCOUNT_CONCURRENCY - self.reserved_total) and at_work() >= limit:
            raise TooManyRequests("Rate Exceeded.", Reason="ConcurrentInvocationLimitExceeded")
        function.in_flight += 1
        self.in_flight += 1

    def leave(self, function: Function) -> None:
        function.in_flight -= 1
        self.in_flight -= 1
