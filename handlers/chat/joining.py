"""Joining a room: asking, being decided about, and who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from handlers.chat import membership, usernames
from handlers.chat.attendance import Seating
from handlers.chat.delivery import Courier, outboxes, push
from handlers.chat.errors import BadRequest
from handlers.chat.fields import Fields, string
from handlers.chat.membership import Book, Membership, Status
from handlers.chat.rooms import present

# A push that cannot be made in this time is not made: what it says is in listRooms and getMembers.
PATIENCE_S: Final = 1.0
_DECISIONS: Final = {"approve": Status.APPROVED, "reject": Status.REJECTED}
_WORDS: Final = {status: word for word, status in _DECISIONS.items()}


@dataclass(frozen=True)
class Decision:
    """An admin's word on a request; `status` is what it is to become."""

    username: str
    status: Status


def decision(fields: Fields) -> Decision | None:
    """The decision in a `joinRoom`; None where somebody asks for themself. Raises BadRequest, TooLong."""
    if "decision" not in fields and "username" not in fields:
        return None
    username, word = string(fields, "username", max_chars=usernames.MAX_CHARS), string(fields, "decision")
    if not usernames.is_somebodys(username):
        raise BadRequest("username must be a user name.")
    if word not in _DECISIONS:
        raise BadRequest("decision must be approve or reject.")
    return Decision(username, _DECISIONS[word])


class Joining:
    def __init__(self, book: Book, seating: Seating, courier: Courier) -> None:
        self._book = book
        self._seating = seating
        self._attendance = seating.attendance
        self._courier = courier

    def ask(self, room_id: str, username: str, now_ms: int) -> Membership:
        """Ask to join; the first time the room's admins hear of it. Who is in already is seated once more, which
        mends what a function left undone that was cut short.

        Raises:
            RoomNotFound: no such room.
        """
        outcome = membership.ask(self._book, room_id, username, now_ms)
        if outcome.membership.is_member:
            self._seating.seat(username, room_id, now_ms)
        elif outcome.is_new:
            request = push("joinRequest", {"roomId": room_id, "username": username})
            admins = [each.username for each in self._book.memberships(room_id) if each.is_admin]
            listeners = [c for admin in admins for c in self._attendance.of_user(admin, now_ms)]
            self._courier.deliver(outboxes(listeners, [request], now_ms), PATIENCE_S)
        return outcome.membership

    def decide(self, room_id: str, decider: str, decision: Decision, now_ms: int) -> Membership:
        """Decide about a request, unless somebody was faster; returns what holds.

        Raises:
            RoomNotFound, NotAdmin, NotAMember: see `membership.decide`.
        """
        outcome = membership.decide(self._book, room_id, decider, decision.username, decision.status, now_ms)
        decided = outcome.membership
        if decided.is_member:
            self._seating.seat(decided.username, room_id, now_ms)
        if outcome.is_new:
            self._tell(decided, now_ms)
        return decided

    def _tell(self, decided: Membership, now_ms: int) -> None:
        """The asker hears the decision, and of an approval then the room, the asker in it too."""
        verdict = push("joinDecision", {"roomId": decided.room_id, "decision": word(decided)})
        owed = outboxes(self._attendance.of_user(decided.username, now_ms), [verdict], now_ms)
        self._courier.deliver(owed, PATIENCE_S)
        if decided.is_member:
            joined = push("member", {"roomId": decided.room_id, "username": decided.username, "change": "joined"})
            listeners = present(self._attendance.connections, decided.room_id, now_ms)
            self._courier.deliver(outboxes(listeners, [joined], now_ms), PATIENCE_S)


def word(decided: Membership) -> str:
    """The decision that made the membership what it is."""
    return _WORDS[decided.status]
