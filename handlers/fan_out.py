"""The stream of Messages: push each message, new or changed, to everyone in its room."""

from __future__ import annotations

import os
from typing import Final

from handlers import clock
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.messages import from_item
from handlers.adapters.presence import PresenceTable
from handlers.chat.attendance import Attendance
from handlers.chat.delivery import Courier
from handlers.chat.fan_out import Entry, FanOut
from handlers.events import BatchResponse, LambdaContext, StreamEvent, StreamRecord
from handlers.log import Log
from handlers.pushing import measured

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))
fan_out = FanOut(attendance.listeners, Courier(attendance.forget, aws.callback_api(os.environ["CALLBACK_URL"])))
# A batch holds up the messages after it, so connections in trouble get no more of its time than this.
_PATIENCE_S: Final = 5.0
# Left for the last attempts to time out, and for closing and forgetting connections.
_RESERVE_S: Final = 5.0


def handler(event: StreamEvent, context: LambdaContext) -> BatchResponse:
    """Deliver a batch, or name the first record to be handed in again (see `handlers.chat.fan_out`)."""
    log = Log(context)
    try:
        patience_s = min(_PATIENCE_S, context.get_remaining_time_in_millis() / 1000 - _RESERVE_S)
        entries = _entries(event)
        report = fan_out.run(entries, clock.now_ms(), patience_s)
    except Exception as error:
        log.failure(error)
        raise  # the whole batch is handed in again
    log.info(
        "delivered",
        measured(entries, report),
        messages=report.messages,
        connections=report.connections,
        delivered=report.delivered,
        outcomes=report.outcomes,
        failedAt=report.failed_at,
    )
    return {"batchItemFailures": [{"itemIdentifier": report.failed_at}] if report.failed_at else []}


def _entries(event: StreamEvent) -> list[Entry]:
    images = (record["dynamodb"] for record in event["Records"] if _is_news(record))
    return [Entry(image["SequenceNumber"], from_item(image["NewImage"])) for image in images]


def _is_news(record: StreamRecord) -> bool:
    """Whether a message is new or changed by a user. Who mends the table's items by hand tells nobody."""
    image = record["dynamodb"].get("NewImage", {})
    return record["eventName"] == "INSERT" or "revision" in image
