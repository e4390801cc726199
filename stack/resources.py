"""The kinds of resources a stack is declared with.

A resource is plain data. `aspects()` says what it should be like, as one comparable value per aspect that can be
changed by itself; the adapter of its kind reads the same aspects from what is deployed. The difference of the two is
the plan.
"Attributes" below are what other resources may refer to; see `references`.
APIs, buckets, user pools, the CDN and alarms have files of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from stack.references import referenced

Aspects = Mapping[str, object]
"""Name of an aspect to its value: texts, numbers, and lists and dicts of them."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One thing to deploy.

    Attributes:
        id: its short name, unique within its kind.
        name: its name on AWS; empty for what AWS gives no name.
    """

    kind: ClassVar[str]
    id: str
    name: str = ""

    @property
    def key(self) -> str:
        """How references and reports call it: `function.signup`."""
        return f"{self.kind}.{self.id}"

    def aspects(self) -> Aspects:
        """What it should be like; see the module."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index with one key attribute and every attribute projected."""

    name: str
    hash_key: str


@dataclass(frozen=True, kw_only=True)
class Table(Resource):
    """A DynamoDB table, billed by request; every key is a string. Attributes: name, arn, stream_arn if it has one."""

    kind = "table"
    hash_key: str
    range_key: str = ""
    indexes: tuple[Index, ...] = ()
    stream_view: str = ""
    ttl_attribute: str = ""
    point_in_time_recovery: bool = False

    def aspects(self) -> Aspects:
        """`keys`, `recovery`; `index NAME`, `stream` and `expiry` where there is one."""
        aspects: dict[str, object] = {
            "keys": [self.hash_key, *([self.range_key] if self.range_key else [])],
            "recovery": self.point_in_time_recovery,
        }
        aspects |= {f"index {index.name}": [index.hash_key] for index in self.indexes}
        aspects |= {"stream": self.stream_view} if self.stream_view else {}
        aspects |= {"expiry": self.ttl_attribute} if self.ttl_attribute else {}
        return aspects


@dataclass(frozen=True, kw_only=True)
class LogGroup(Resource):
    """A CloudWatch Logs group. Attributes: name, arn."""

    kind = "logs"
    retention_days: int

    def aspects(self) -> Aspects:
        """`retention` in days."""
        return {"retention": self.retention_days}


@dataclass(frozen=True, kw_only=True)
class Secret(Resource):
    """An SSM SecureString, made at random once; no deployment reads or changes it. Attributes: name, arn."""

    kind = "secret"

    def aspects(self) -> Aspects:
        """None: there is nothing to compare without reading it."""
        return {}


@dataclass(frozen=True)
class Statement:
    """The actions allowed on the resources."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """As a statement of an IAM policy."""
        return {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}


@dataclass(frozen=True, kw_only=True)
class Role(Resource):
    """An IAM role for Lambda with one inline policy. Attributes: name, arn."""

    kind = "role"
    path: str
    statements: tuple[Statement, ...]

    def aspects(self) -> Aspects:
        """`policy`: the inline policy's document."""
        return {"policy": {"Version": "2012-10-17", "Statement": [each.document() for each in self.statements]}}


@dataclass(frozen=True)
class Package:
    """A function's deployment package.

    Attributes:
        content: the zip file.
        sha256: of the content, in base64, as Lambda tells it (`CodeSha256`).
    """

    content: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Function(Resource):
    """A Lambda function in Python. Attributes: name, arn."""

    kind = "function"
    handler: str
    role_arn: str
    package: Package
    environment: Mapping[str, str]
    memory_mb: int
    timeout_s: int
    architecture: str
    runtime: str = "python3.13"

    def aspects(self) -> Aspects:
        """`code`, `architecture`, `handler`, `runtime`, `role`, `environment`, `memory` in MB, `timeout` in s."""
        return {
            "code": self.package.sha256,
            "architecture": self.architecture,
            "handler": self.handler,
            "runtime": self.runtime,
            "role": self.role_arn,
            "environment": dict(self.environment),
            "memory": self.memory_mb,
            "timeout": self.timeout_s,
        }


@dataclass(frozen=True, kw_only=True)
class Permissions(Resource):
    """What API Gateway may call a function for: statement id → source ARN."""

    kind = "permissions"
    function: str
    sources: Mapping[str, str]

    def aspects(self) -> Aspects:
        """`statement ID`: the source ARN, one for each."""
        return {f"statement {statement}": source for statement, source in self.sources.items()}


@dataclass(frozen=True, kw_only=True)
class EventSourceMapping(Resource):
    """A DynamoDB stream that calls a function with batches of records, and again with what the function failed on.

    One that is not enabled reads nothing; enabled again, it goes on where it stopped. `parallel` batches of a shard are
    handed in at a time, records of one key in order all the same. Attributes: id.
    """

    kind = "mapping"
    function: str
    stream_arn: str
    batch_size: int = 100
    parallel: int = 1
    retries: int = 3
    enabled: bool = True

    def aspects(self) -> Aspects:
        """`stream`, `enabled`, `batch size`, `parallel`, `retries` and `answers` (function response types)."""
        return {
            "stream": self.stream_arn,
            "enabled": self.enabled,
            "batch size": self.batch_size,
            "parallel": self.parallel,
            "retries": self.retries,
            "answers": ["ReportBatchItemFailures"],
        }


class InvalidStack(ValueError):
    """A declaration is wrong in itself: two resources of one key, or a reference to what is not declared before it."""


@dataclass(frozen=True)
class Stack:
    """Resources, each after those it refers to.

    Raises:
        InvalidStack: on creation; see there.
    """

    name: str
    resources: tuple[Resource, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for resource in self.resources:
            if resource.key in seen:
                raise InvalidStack(f"{resource.key} is declared twice")
            if missing := referenced(resource) - seen:
                raise InvalidStack(f"{resource.key} refers to {', '.join(sorted(missing))}, not declared before it")
            seen.add(resource.key)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __getitem__(self, key: str) -> Resource:
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[str, Resource]:
        return {resource.key: resource for resource in self.resources}

    def dependencies(self) -> dict[str, frozenset[str]]:
        """Each key with the keys it refers to."""
        return {resource.key: referenced(resource) for resource in self.resources}
