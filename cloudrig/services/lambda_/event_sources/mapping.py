"""What an event source mapping is: what was asked for, and how far it has come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.naming import FunctionRef

OK = "OK"
NO_RECORDS = "No records processed"
CALL_FAILED = "PROBLEM: Function call failed"
STREAM_GONE = "PROBLEM: Stream not found"  # unverified


class Invoke(Protocol):
    """How a mapping runs its function. Raises ServiceError where it cannot be run: no room, no such function."""

    async def __call__(self, ref: FunctionRef, payload: bytes, *, request_id: str | None = None) -> Invocation: ...


class Source(StrEnum):
    """Kinds of event sources; the service's name in ARNs."""

    DYNAMODB = "dynamodb"
    KINESIS = "kinesis"
    SQS = "sqs"


@dataclass(frozen=True, slots=True)
class Settings:
    """How records are delivered. `on_failure` is a destination's ARN, `maximum_concurrency` a queue's ScalingConfig."""

    batch_size: int
    batching_window_s: int = 0
    parallelization_factor: int = 1
    maximum_retry_attempts: int = -1
    maximum_record_age_s: int = -1
    bisect: bool = False
    tumbling_window_s: int = 0
    filters: tuple[str, ...] = ()
    reports_item_failures: bool = False
    on_failure: str | None = None
    maximum_concurrency: int | None = None
    kms_key_arn: str | None = None


class Checkpoint:
    """How far a shard has come.

    Batches that run side by side end out of order. `position` is the sequence number of the last record before which
    nothing is open (None: the beginning), and the only place from where the shard is read again. `parents` are the
    shards that come before this one; `ended` says that it is closed and all of it done.
    """

    def __init__(self, position: str | None, parents: Sequence[str] = ()) -> None:
        self.position = position
        self.parents = parents
        self.ended = False
        self._open: deque[str] = deque()
        self._done: set[str] = set()

    def reopen(self) -> None:
        """The shard is read again from `position`."""
        self._open.clear()

    def read(self, sequence_number: str) -> bool:
        """Note a record in the order of the shard; whether there is still something to do for it."""
        self._open.append(sequence_number)
        return sequence_number not in self._done

    def done(self, sequence_numbers: Iterable[str]) -> None:
        """Records were processed, filtered out or given up."""
        self._done.update(sequence_numbers)
        while self._open and self._open[0] in self._done:
            self.position = self._open.popleft()
            self._done.remove(self.position)

    def is_done(self, sequence_number: str) -> bool:
        """Of a record that was read."""
        return sequence_number in self._done or sequence_number not in self._open

    @property
    def open(self) -> int:
        """How many records were read and are not behind the position."""
        return len(self._open)


@dataclass(slots=True)
class Window:
    """A tumbling window that is open: epoch seconds, and the state that the function keeps in it."""

    start: float
    end: float
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Mapping:
    """One event source mapping. `starting_timestamp` is epoch seconds, for AT_TIMESTAMP."""

    uuid: str
    scope: Scope
    source: Source
    source_arn: str
    function: FunctionRef
    last_modified: datetime
    settings: Settings
    starting_position: str | None = None
    starting_timestamp: float | None = None
    enabled: bool = True
    last_result: str = NO_RECORDS
    tags: dict[str, str] = field(default_factory=dict)
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)
    """By shard."""
    windows: dict[tuple[str, int], Window] = field(default_factory=dict)
    """Open tumbling windows, by shard and lane."""

    @property
    def arn(self) -> str:
        return self.scope.arn("lambda", f"event-source-mapping:{self.uuid}")
