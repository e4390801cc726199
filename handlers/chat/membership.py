"""Memberships: who asks, who is let in, who leaves, and what becomes of the room.

A rule reads what there is and decides upon one `Change`, which is committed only if what it was decided upon still
holds; if not, the rule reads and decides again. So it is settled by the table's conditions, not by luck, what becomes
of two admins who decide at once, of a member who leaves while being approved, and of a room whose last member leaves
while another is let in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from handlers.chat import direct, usernames
from handlers.chat.errors import NotAdmin, NotAMember, RoomNotFound
from handlers.chat.settling import until_settled

MAX_NAME_CHARS: Final = 64


class Role(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"


class Status(StrEnum):
    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    """Kept, so that an admin who decides later hears what was decided; counts as no request otherwise."""


@dataclass(frozen=True)
class Room:
    """A room other than the lobby. Names need not be unique and never change; ids are unique and never used again."""

    room_id: str
    name: str
    created_at_ms: int


@dataclass(frozen=True)
class Membership:
    room_id: str
    room_name: str
    username: str
    """As its owner spells it."""
    role: Role
    status: Status
    since_ms: int
    """When the status began."""

    @property
    def user_id(self) -> str:
        return usernames.user_id(self.username)

    @property
    def is_member(self) -> bool:
        return self.status is Status.APPROVED

    @property
    def has_seats(self) -> bool:
        """Whether the user's connections have rows there; in conversations, listed among the rooms, they have none."""
        return self.is_member and not direct.is_direct(self.room_id)

    @property
    def is_admin(self) -> bool:
        return self.is_member and self.role is Role.ADMIN


@dataclass(frozen=True)
class Step:
    """One membership before and after; None where there is none."""

    before: Membership | None
    after: Membership | None


@dataclass(frozen=True)
class Change:
    """What happens to a room at once, or not at all.

    Attributes:
        standing: memberships that must stay as they are for it to happen.
        opens: the room that begins with it.
        closes: the room ends with it, in which nobody but those who leave is a member.
    """

    room_id: str
    steps: Sequence[Step]
    standing: Sequence[Membership] = ()
    opens: Room | None = None
    closes: bool = False

    @property
    def members_more(self) -> int:
        """By how many the members become more."""
        return sum(_is_member(step.after) - _is_member(step.before) for step in self.steps)


class Book(Protocol):
    """Rooms and memberships. Every read sees all that was committed before."""

    def room(self, room_id: str) -> Room | None: ...

    def membership(self, room_id: str, username: str) -> Membership | None: ...

    def memberships(self, room_id: str, after: str = "") -> Iterable[Membership]:
        """All of a room, those of every status, ordered by user id, from behind `after` on."""

    def of_user(self, username: str, after: str = "") -> Iterable[Membership]:
        """The user's memberships and requests, ordered by room id, from behind `after` on."""

    def commit(self, change: Change) -> bool:
        """Make the change if the room is there, and all its memberships are as the change has them; False if not."""

    def sweep(self, room_id: str) -> None:
        """Remove what is left of a room that has ended."""


@dataclass(frozen=True)
class Outcome:
    """What holds after a request or a decision, and whether this one brought it about."""

    membership: Membership
    is_new: bool


@dataclass(frozen=True)
class Departure:
    """Who has left, as the member, admin or asker that they were, and who has become admin in their place."""

    left: Membership
    heir: Membership | None = None


def found(book: Book, room: Room, username: str) -> Membership:
    """Open a room, with its founder as admin."""
    admin = Membership(room.room_id, room.name, username, Role.ADMIN, Status.APPROVED, room.created_at_ms)
    if not book.commit(Change(room.room_id, (Step(None, admin),), opens=room)):
        raise RuntimeError("the id of the new room is taken")
    return admin


def ask(book: Book, room_id: str, username: str, now_ms: int) -> Outcome:
    """Ask to join a room. Who has asked, or is in, has what they want. Raises RoomNotFound."""

    def attempt() -> Outcome | None:
        room, mine = _find(book, room_id, username)
        if mine is not None and mine.status is not Status.REJECTED:
            return Outcome(mine, is_new=False)
        request = Membership(room_id, room.name, username, Role.MEMBER, Status.PENDING, now_ms)
        return Outcome(request, is_new=True) if book.commit(Change(room_id, (Step(mine, request),))) else None

    return until_settled(attempt)


def decide(book: Book, room_id: str, decider: str, asker: str, status: Status, now_ms: int) -> Outcome:
    """Approve or reject a request. Of several decisions the first one holds, and all hear that.

    Raises:
        RoomNotFound: no such room.
        NotAdmin: the decider is none of its admins.
        NotAMember: the asker has not asked, or no longer.
    """

    def attempt() -> Outcome | None:
        _, admin = _find(book, room_id, decider)
        if admin is None or not admin.is_admin:
            raise NotAdmin
        request = book.membership(room_id, asker)
        if request is None:
            raise NotAMember("This user does not ask to join the room.")
        if request.status is not Status.PENDING:
            return Outcome(request, is_new=False)
        decided = replace(request, status=status, since_ms=now_ms)
        change = Change(room_id, (Step(request, decided),), standing=(admin,))
        return Outcome(decided, is_new=True) if book.commit(change) else None

    return until_settled(attempt)


def leave(book: Book, room_id: str, username: str) -> Departure:
    """Leave a room, or withdraw a request. The last admin hands over to the longest-standing member; a room without
    members ends.

    Raises:
        RoomNotFound, NotAMember: there is nothing to leave.
    """

    def attempt() -> Departure | None:
        _, mine = _find(book, room_id, username)
        if mine is None or mine.status is Status.REJECTED:
            raise NotAMember
        heir, change = _abdication(mine, book.memberships(room_id)) if mine.is_admin else (None, _removal(mine))
        if not book.commit(change):
            return None
        if change.closes:
            book.sweep(room_id)
        return Departure(mine, heir)

    return until_settled(attempt)


def _abdication(admin: Membership, memberships: Iterable[Membership]) -> tuple[Membership | None, Change]:
    others = [each for each in memberships if each.is_member and each.user_id != admin.user_id]
    other_admin = next((each for each in others if each.is_admin), None)
    if other_admin is not None:
        return None, replace(_removal(admin), standing=(other_admin,))
    if not others:
        return None, replace(_removal(admin), closes=True)
    longest = min(others, key=lambda each: (each.since_ms, each.user_id))
    heir = replace(longest, role=Role.ADMIN)
    return heir, Change(admin.room_id, (Step(admin, None), Step(longest, heir)))


def _removal(membership: Membership) -> Change:
    return Change(membership.room_id, (Step(membership, None),))


def _find(book: Book, room_id: str, username: str) -> tuple[Room, Membership | None]:
    """The room, and the user's membership if there is one. Raises RoomNotFound."""
    room, mine = book.room(room_id), book.membership(room_id, username)
    if room is None:
        if mine is not None:  # the function that closed the room was cut short
            book.sweep(room_id)
        raise RoomNotFound
    return room, mine


def _is_member(membership: Membership | None) -> bool:
    return membership is not None and membership.is_member
