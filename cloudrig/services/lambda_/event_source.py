"""What an event source mapping is: what was asked for, and how far it has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_.naming import FunctionRef

Invoke = Callable[[FunctionRef, bytes], Awaitable[Invocation]]

OK = "OK"
NO_RECORDS = "No records processed"
CALL_FAILED = "PROBLEM: Function call failed"
STREAM_GONE = "PROBLEM: Stream not found"  # unverified


@dataclass(slots=True)
class Mapping:
    """One event source mapping of a DynamoDB stream."""

    uuid: str
    scope: Scope
    stream_arn: str
    function: FunctionRef
    starting_position: str
    last_modified: datetime
    enabled: bool = True
    batch_size: int = 100
    maximum_retry_attempts: int = -1
    maximum_record_age_s: int = -1
    bisect: bool = False
    reports_item_failures: bool = False
    last_result: str = NO_RECORDS
    tags: dict[str, str] = field(default_factory=dict)
    positions: dict[str, str | None] = field(default_factory=dict)
    """Shard → sequence number of the last record that is done with; None: before the first."""

    @property
    def arn(self) -> str:
        return self.scope.arn("lambda", f"event-source-mapping:{self.uuid}")
