"""What Lambda writes of an asynchronous event: the record for destinations, the message for a dead-letter queue.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html; the layouts as captured in
LocalStack's AWS-validated snapshots (`TestLambdaDestinationSqs`, `TestLambdaDLQ`).
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from cloudrig.engine import names
from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import Invocation
from cloudrig.engine.names import Arn
from cloudrig.services.lambda_.destinations import Destinations
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function_arn

_MAX_ERROR_CHARS = 1024
_THROTTLED = ("429", "Rate Exceeded.")


@dataclass(eq=False, slots=True)
class Event:
    """An event on its way, and how its last invocation ended."""

    ref: FunctionRef
    payload: bytes
    request_id: str
    client_context: str | None
    trace: str
    accepted_at: float
    invocations: int = 0
    answer: Invocation | None = None

    @property
    def function_arn(self) -> str:
        """Qualified, as records have it."""
        return replace(self.ref, qualifier=self.ref.qualifier or LATEST).arn


class Records:
    """Makes and sends what tells of events."""

    def __init__(self, destinations: Destinations, clock: Clock) -> None:
        self._destinations = destinations
        self._clock = clock

    def record(self, event: Event, condition: str) -> str:
        """The record of an event, as JSON."""
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": self._clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": event.function_arn,
                "condition": condition,
                "approximateInvokeCount": event.invocations,
            },
            "requestPayload": json.loads(event.payload),
        }
        if event.answer is not None:
            context: dict[str, Any] = {"statusCode": 200, "executedVersion": event.answer.executed_version}
            if event.answer.function_error:
                context["functionError"] = event.answer.function_error
            record |= {"responseContext": context, "responsePayload": _parsed(event.answer.payload)}
        return json.dumps(record, separators=(",", ":"), ensure_ascii=False)

    async def send(self, arn: str, event: Event, condition: str, record: str) -> None:
        """Send a record to a queue, topic, event bus or bucket."""
        outcome = "Success" if condition == "Success" else "Failure"
        match Arn.parse(arn).service:
            case "events":
                detail_type = f"Lambda Function Invocation Result - {outcome}"
                await self._destinations.put_event(arn, event.function_arn, detail_type, record)
            case "s3":
                source, prefix = Arn.parse(event.function_arn), f"aws/lambda/async/{event.ref.name}"
                await self._destinations.put_object(arn, source, prefix, record, self._clock.utc())
            case _:
                await self._destinations.send(arn, record)

    def for_function(self, arn: str, record: str) -> tuple[FunctionRef, bytes, str]:
        """A record as an event for the function that is its destination."""
        return parse_function_arn(arn), record.encode(), names.request_id()

    async def bury(self, event: Event, dead_letter_arn: str | None) -> None:
        """Send the event itself to the dead-letter queue or topic of its function, if it has one."""
        if dead_letter_arn is None:
            return
        code, message = ("200", _error_message(event.answer.payload)) if event.answer else _THROTTLED
        attributes = {
            "RequestID": ("String", event.request_id),
            "ErrorCode": ("Number", code),
            "ErrorMessage": ("String", message[:_MAX_ERROR_CHARS] or "Unknown"),
        }
        await self._destinations.send(dead_letter_arn, event.payload.decode("utf-8", "replace"), attributes)


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")


def _error_message(payload: bytes) -> str:
    with suppress(ValueError, AttributeError):
        return str(json.loads(payload).get("errorMessage", ""))
    return ""
