"""`$disconnect`: forget the connection in every room. Best effort on AWS: what is missed is found by a post answered
410, or by the TTL.
"""

from __future__ import annotations

import os

from handlers import websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.chat import rooms
from handlers.chat.attendance import Attendance
from handlers.events import DisconnectEvent

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))


def disconnect(event: DisconnectEvent) -> None:
    connection = connections.get(rooms.LOBBY, event["requestContext"]["connectionId"])
    if connection is not None:  # or it was forgotten already
        attendance.forget(connection)


handler = websocket.lifecycle(disconnect)
