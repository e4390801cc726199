"""`$disconnect`: forget the connection in every room. Best effort on AWS: what is missed is found by a post answered
410, or by the TTL.
"""

from __future__ import annotations

import os

from handlers import websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.chat import rooms
from handlers.events import DisconnectEvent

connections = ConnectionTable(aws.dynamodb(), os.environ["CONNECTIONS_TABLE"])


def disconnect(event: DisconnectEvent) -> None:
    connections.forget(event["requestContext"]["connectionId"], rooms.LOBBY)


handler = websocket.lifecycle(disconnect)
