"""The stream of Presence: tell the lobby who has come online and who has gone."""

from __future__ import annotations

import os
from typing import Final

from handlers import clock
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable, standing
from handlers.chat import presence
from handlers.chat.attendance import Attendance
from handlers.chat.delivery import Courier, outboxes
from handlers.chat.presence import Record
from handlers.chat.rooms import LOBBY, present
from handlers.events import BatchResponse, LambdaContext, StreamEvent, StreamRecord
from handlers.log import Log

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))
courier = Courier(attendance.forget, aws.callback_api(os.environ["CALLBACK_URL"]))
_PATIENCE_S: Final = 1.0


def handler(event: StreamEvent, context: LambdaContext) -> BatchResponse:
    """Push the changes of a batch; a failure has the whole batch handed in again."""
    log = Log(context)
    try:
        changed = presence.changes(map(_record, event["Records"]))
        posts = _tell_the_lobby(presence.pushes(changed)) if changed else 0
    except Exception as error:
        log.failure(error)
        raise
    log.info("presence", changes=len(changed), delivered=posts)
    return {"batchItemFailures": []}


def _tell_the_lobby(pushes: list[bytes]) -> int:
    """How many posts were taken."""
    now_ms = clock.now_ms()
    owed = outboxes(present(connections, LOBBY, now_ms), pushes, now_ms)
    courier.deliver(owed, _PATIENCE_S)
    return sum(outbox.delivered for outbox in owed)


def _record(record: StreamRecord) -> Record:
    old, new = record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage")
    return Record(standing(old) if old else None, standing(new) if new else None)
