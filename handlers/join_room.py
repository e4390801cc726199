"""`joinRoom`: ask to join a room, or as its admin decide about somebody who has asked."""

from __future__ import annotations

import os

from handlers import clock, websocket
from handlers.adapters import aws
from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.adapters.seats import SeatTable
from handlers.chat import direct, joining, rooms
from handlers.chat.attendance import Attendance, Seating
from handlers.chat.delivery import Courier
from handlers.chat.errors import NotAdmin
from handlers.chat.joining import Decision, Joining
from handlers.chat.membership import Role
from handlers.websocket import Answer, Request

dynamodb = aws.dynamodb()
connections = ConnectionTable(dynamodb, os.environ["CONNECTIONS_TABLE"])
attendance = Attendance(connections, PresenceTable(dynamodb, os.environ["PRESENCE_TABLE"]))
book = RoomTable(dynamodb, os.environ["ROOMS_TABLE"])
seating = Seating(attendance, SeatTable.of(dynamodb, os.environ))
desk = Joining(book, seating, Courier(attendance.forget, aws.callback_api(os.environ["CALLBACK_URL"])))


@websocket.action
def handler(request: Request) -> Answer:
    """`joinRequested`, `room` or `joinDecided`."""
    room_id, now_ms = rooms.room_id(request.fields), clock.now_ms()
    direct.refuse(room_id)
    decision = joining.decision(request.fields)
    caller = rooms.participant(connections, book, rooms.LOBBY, request.connection_id, now_ms).username
    if decision is not None:
        return _decide(room_id, caller, decision, now_ms)
    return _ask(room_id, caller, now_ms)


def _ask(room_id: str, caller: str, now_ms: int) -> Answer:
    """`joinRequested` `{roomId}`, or to who is in `room` `{roomId, name, role}`."""
    if room_id == rooms.LOBBY:
        return {"type": "room", "roomId": rooms.LOBBY, "name": rooms.LOBBY_NAME, "role": Role.MEMBER}
    mine = desk.ask(room_id, caller, now_ms)
    if not mine.is_member:
        return {"type": "joinRequested", "roomId": room_id}
    return {"type": "room", "roomId": room_id, "name": mine.room_name, "role": mine.role}


def _decide(room_id: str, caller: str, decision: Decision, now_ms: int) -> Answer:
    """`joinDecided` `{roomId, username, decision}`, with the decision that holds."""
    if room_id == rooms.LOBBY:
        raise NotAdmin
    decided = desk.decide(room_id, caller, decision, now_ms)
    answer = {"roomId": room_id, "username": decided.username, "decision": joining.word(decided)}
    return {"type": "joinDecided", **answer}
