"""`$connect`: let a user in, into the lobby and the rooms that the user is a member of. The connection itself only
exists once this has answered, so nothing can be posted to it yet.
"""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.adapters.seats import SeatTable
from handlers.adapters.secrets import TokenSecret
from handlers.chat import entry, rooms, tokens
from handlers.chat.entry import Verifier
from handlers.chat.rooms import Connection
from handlers.events import ConnectEvent

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
presence = PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"])
book = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
seats = SeatTable.of(dynamodb, os.environ)
auth_modes = frozenset(os.environ["AUTH_MODES"].split(","))
connection_ttl_s = int(os.environ["CONNECTION_TTL_S"])


def _verifiers() -> list[Verifier]:
    if "jwt" not in auth_modes:
        return []
    secret = TokenSecret(aws.ssm(), os.environ["TOKEN_SECRET_PARAMETER"])
    return [lambda token: tokens.verify(token, secret())]


# With a user pool the route has an authorizer, `authorize`, which knows all ways in.
authorized = "cognito" in auth_modes
verifiers = [] if authorized else _verifiers()


def _username(event: ConnectEvent) -> str:
    if authorized:
        return event["requestContext"]["authorizer"]["principalId"]
    return entry.username(event.get("queryStringParameters", {}), verifiers, guests="guest" in auth_modes)


def connect(event: ConnectEvent) -> None:
    username = _username(event)
    now_ms = clock.now_ms()
    expires_at_s = now_ms // 1000 + connection_ttl_s
    connection_id = event["requestContext"]["connectionId"]
    connection = Connection(rooms.LOBBY, connection_id, username, now_ms, expires_at_s)
    connections.add(connection)
    # From here on it is found by whoever approves its user; those approved before are found now.
    presence.arrive(connection, now_ms)
    seats.take(connection, [each.room_id for each in book.of_user(username) if each.has_seats])


handler = websocket.lifecycle(connect)
