"""Pushing a message by the function that has stored it: where fan-out is direct. By the stream, the table does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from handlers import clock
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.chat.attendance import Attendance
from handlers.chat.delivery import Courier
from handlers.chat.fan_out import Entry, FanOut, Report
from handlers.chat.messages import Message
from handlers.metrics import DELIVERIES, DELIVERY_FAILURES, DELIVERY_LATENCY, Value

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A connection that takes nothing for so long is closed; the sender waits for it.
_PATIENCE_S: Final = 2.0

Push = Callable[[Message, int], Mapping[str, Value]]
"""Push a message, new or changed, at a time in milliseconds; what was measured, by the names of `handlers.metrics`."""


def pusher(dynamodb: DynamoDBClient, environ: Mapping[str, str]) -> Push:
    """What a function does after it has stored a message."""
    if environ["FANOUT"] == "stream":
        return _nothing
    attendance = Attendance(
        ConnectionTable(dynamodb, environ["CONNECTIONS_TABLE"]), PresenceTable(dynamodb, environ["PRESENCE_TABLE"])
    )
    courier = Courier(attendance.forget, aws.callback_api(environ["CALLBACK_URL"]))
    fan_out = FanOut(attendance.listeners, courier, handed_in_again=False)

    def push(message: Message, now_ms: int) -> Mapping[str, Value]:
        batch = [Entry(message.message_id, message)]
        return measured(batch, fan_out.run(batch, now_ms, _PATIENCE_S))

    return push


def measured(batch: Sequence[Entry], report: Report) -> dict[str, Value]:
    """The metrics of a batch that has been delivered."""
    now_ms, news = clock.now_ms(), [each.message for each in batch if not each.message.revision]
    latency: dict[str, Value] = {DELIVERY_LATENCY: [now_ms - message.sent_at_ms for message in news]}
    return {
        DELIVERIES: report.delivered,
        DELIVERY_FAILURES: report.unreached,
        **(latency if news and report.delivered else {}),
    }


def _nothing(_message: Message, _now_ms: int) -> Mapping[str, Value]:
    return {}
