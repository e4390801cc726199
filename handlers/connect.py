"""`$connect`: let a user in, into the lobby. The connection itself only exists once this has answered, so nothing can
be posted to it yet.
"""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.secrets import TokenSecret
from handlers.chat import entry, rooms
from handlers.chat.rooms import Connection
from handlers.events import ConnectEvent

connections = ConnectionTable(aws.dynamodb(), os.environ["CONNECTIONS_TABLE"])
secret = TokenSecret(aws.ssm(), os.environ["TOKEN_SECRET_PARAMETER"])
auth_modes = frozenset(os.environ["AUTH_MODES"].split(","))
connection_ttl_s = int(os.environ["CONNECTION_TTL_S"])


def connect(event: ConnectEvent) -> None:
    username = entry.username(event.get("queryStringParameters", {}), auth_modes, secret)
    now_ms = clock.now_ms()
    expires_at_s = now_ms // 1000 + connection_ttl_s
    connection_id = event["requestContext"]["connectionId"]
    connections.add(Connection(rooms.LOBBY, connection_id, username, now_ms, expires_at_s))


handler = websocket.lifecycle(connect)
