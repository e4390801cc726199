"""What services offer one another. The rig hands implementations round at start-up; no service imports another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from aiohttp.web import BaseRequest, StreamResponse

from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope

MAX_BODY_BYTES = 10 * 1024 * 1024
"""How long a request's body may be where nothing else is said: as much as API Gateway takes."""


class Service(Protocol):
    """A service the engine keeps for itself."""

    def max_body_bytes(self, operation: str) -> int:
        """The longest body of the operation. Of a longer one a byte more than that is read, for `call` to refuse it."""
        ...

    async def call(self, operation: str, request: Request) -> Response:
        """Carry out one operation of the service's API. Errors come back rendered (`wire.py`), not raised."""
        ...


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function answered. `function_error` is None, `Handled` or `Unhandled`, as in `X-Amz-Function-Error`."""

    payload: bytes
    function_error: str | None = None
    executed_version: str = "$LATEST"
    log_tail: bytes = b""


class Invoker(Protocol):
    """Runs functions (the Lambda service)."""

    async def invoke(
        self, function_arn: str, payload: bytes, *, principal: str | None = None, source_arn: str | None = None
    ) -> Invocation:
        """Invoke synchronously and wait for the answer.

        With `principal` (`apigateway.amazonaws.com`) the function's resource policy must allow it for `source_arn`.
        Cancelling the call ends the waiting, not the function: a caller that times out leaves it running, as on AWS.
        Raises ServiceError: ResourceNotFoundException, AccessDeniedException, TooManyRequestsException, ….
        """
        ...

    async def check(self, function_arn: str, *, principal: str | None, source_arn: str | None) -> None:
        """Raises as `invoke` where a service may not invoke the function. None may always."""
        ...


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One record of a DynamoDB or Kinesis stream.

    `text` is its Lambda event form (`eventID`, `eventName`, `dynamodb: {…}`, `userIdentity?`, …) as JSON:
    thousands are kept, and as objects they take five times the memory. `sequence_number` names it within its shard.
    `at` is seconds since the epoch. Records of one `partition_key` are processed in order.
    """

    sequence_number: str
    at: float
    text: bytes
    partition_key: str = ""

    @classmethod
    def of(cls, sequence_number: str, at: float, record: Mapping[str, Any], partition_key: str = "") -> StreamRecord:
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
        return cls(sequence_number, at, text, partition_key)

    def parsed(self) -> dict[str, Any]:
        """The event form, made anew each time."""
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


class StreamGone(Exception):
    """The stream was deleted (its table was, or the stream was switched off)."""


class ShardEnded(Exception):
    """The shard was closed, and every record of it has been read; what comes later is in others."""


class StreamReader(Protocol):
    """What event source mappings read: the engine's own record log, or an upstream's Streams API by polling.

    Beside what each operation names, all may raise ServiceError: nothing can be read now, and perhaps later.
    """

    async def exists(self, stream_arn: str) -> bool: ...

    async def shards(self, stream_arn: str) -> Mapping[str, Sequence[str]]:
        """Ids of the shards, parents before children, each with those that it came from. Raises StreamGone."""
        ...

    async def latest(self, stream_arn: str, shard_id: str) -> str:
        """The position after the newest record, to start `LATEST` from."""
        ...

    async def read(self, stream_arn: str, shard_id: str, after: str | None, limit: int) -> Sequence[StreamRecord]:
        """Up to `limit` records after the sequence number `after` (None: from the trim horizon).

        Raises StreamGone, ShardEnded.
        """
        ...

    async def wait(self, stream_arn: str) -> None:
        """Return once there may be records that no `read` has seen; at the latest after some seconds."""
        ...


@runtime_checkable
class TimedStreamReader(StreamReader, Protocol):
    """Kinesis streams, which can be read from a point in time, and are only found out about by asking."""

    async def at_timestamp(self, stream_arn: str, shard_id: str, seconds: float) -> str:
        """The position before the first record that is not older than `seconds` since the epoch."""
        ...

    def wake(self) -> None:
        """There may be new records: end every `wait`."""
        ...


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One CloudWatch Logs event: milliseconds since the epoch and text."""

    timestamp_ms: int
    message: str


class LogSink(Protocol):
    """CloudWatch Logs as the engine writes to it."""

    def put(self, scope: Scope, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        """Queue events; group and stream are created when missing. Returns at once, order is kept per stream."""
        ...

    async def flush(self) -> None:
        """Return once everything queued before has been delivered or reported as undeliverable."""
        ...


Dimensions = tuple[tuple[str, str], ...]
"""A metric's dimensions, name and value, in order."""


@dataclass(slots=True)
class Statistics:
    """Values of one metric, added up."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)

    def merge(self, other: Statistics) -> None:
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)


class MetricSink(Protocol):
    """CloudWatch metrics as the engine writes them."""

    def add(
        self,
        scope: Scope,
        namespace: str,
        dimensions: Dimensions,
        name: str,
        value: float = 1.0,
        unit: str = "Count",
    ) -> None:
        """Note one value. Returns at once."""
        ...

    def merge(
        self, scope: Scope, namespace: str, dimensions: Dimensions, name: str, statistics: Statistics, unit: str
    ) -> None:
        """Note values that were added up elsewhere."""
        ...

    def collect_from(self, source: Callable[[], None]) -> None:
        """Have who counts by itself add what it has counted, whenever metrics are put."""
        ...

    def expect(self) -> None:
        """There will be something to put."""
        ...

    async def flush(self) -> None:
        """Return once everything noted before has been put, or reported as lost."""
        ...


class Roles(Protocol):
    """Roles that a service assumes for its customers."""

    async def may_assume(self, role_arn: str, principal: str) -> bool:
        """Whether a role exists and trusts a service (`apigateway.amazonaws.com`)."""
        ...

    async def denial(self, request: Request, service: str) -> Response | None:
        """What a service (by its signing name) answers where its caller's role does not allow a request; else None."""
        ...


class Upstream(Protocol):
    """Everything the engine does not implement: moto, LocalStack or any AWS endpoint."""

    @property
    def url(self) -> str: ...

    async def forward(self, request: Request) -> Response:
        """Pass a request on as it is. Raises UpstreamUnavailable."""
        ...

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        """Call as boto3 would: `call("iam", "get_role", scope, RoleName=…)`. Raises botocore's ClientError.

        Streaming members (S3's `Body`) come as bytes.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mounted:
    """What a data plane serves for one request: `key` is the API id or bucket, `path` what follows it, from its `/`.

    `base` is the part of the path before `path`: empty on a host name of its own. Of a body longer than
    `max_body_bytes` a byte more than that is read, for the plane to refuse it.
    """

    key: str
    path: str
    base: str = ""
    max_body_bytes: int = MAX_BODY_BYTES


class DataPlane(Protocol):
    """Answers under host names and paths of its own (deployed APIs, web sites) rather than by operation."""

    def locate(self, host: str, path: str) -> Mounted | None:
        """Whether this plane answers for a host (port stripped, lower case) and a raw path."""
        ...

    async def serve(self, request: Request, mounted: Mounted) -> Response: ...

    async def upgrade(self, raw: BaseRequest, request: Request, mounted: Mounted) -> StreamResponse:
        """Answer a request with `Upgrade: websocket`; `raw` is aiohttp's, on which the WebSocket is prepared."""
        ...
