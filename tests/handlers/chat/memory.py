"""The domain's tables in memory, with a way to have something happen in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from handlers.chat.membership import Change, Membership, Role, Room, Status
from handlers.chat.rooms import Connection
from handlers.chat.usernames import user_id

NOW_MS = 1_795_161_841_000


def member(username: str, status: Status = Status.APPROVED, role: Role = Role.MEMBER, since_ms: int = 5) -> Membership:
    return Membership("tea", "Tea time", username, role, status, since_ms)


def admin(username: str, since_ms: int = 1) -> Membership:
    return member(username, role=Role.ADMIN, since_ms=since_ms)


@dataclass
class BookInMemory:
    """Rooms and memberships; what `meanwhile` holds happens one by one, each before a commit."""

    rooms: dict[str, Room] = field(default_factory=dict)
    rows: dict[tuple[str, str], Membership] = field(default_factory=dict)
    meanwhile: deque[Callable[[], object]] = field(default_factory=deque)
    swept: list[str] = field(default_factory=list)

    def room(self, room_id: str) -> Room | None:
        return self.rooms.get(room_id)

    def membership(self, room_id: str, username: str) -> Membership | None:
        return self.rows.get((room_id, user_id(username)))

    def memberships(self, room_id: str, after: str = "") -> Iterable[Membership]:
        found = sorted((each for each in self.rows.values() if each.room_id == room_id), key=lambda each: each.user_id)
        return [each for each in found if each.user_id > after]

    def of_user(self, username: str, after: str = "") -> Iterable[Membership]:
        found = [each for (_, user), each in sorted(self.rows.items()) if user == user_id(username)]
        return [each for each in found if each.room_id > after and each.status is not Status.REJECTED]

    def commit(self, change: Change) -> bool:
        if self.meanwhile:
            self.meanwhile.popleft()()
        if (change.room_id in self.rooms) == (change.opens is not None) or not self._holds(change):
            return False
        if change.opens is not None:
            self.rooms[change.room_id] = change.opens
        for step in change.steps:
            named = step.after or step.before
            assert named is not None
            self.rows.pop((change.room_id, named.user_id), None)
            if step.after is not None:
                self.put(step.after)
        if change.closes:
            del self.rooms[change.room_id]
        return True

    def sweep(self, room_id: str) -> None:
        self.swept.append(room_id)
        self.rows = {key: row for key, row in self.rows.items() if row.room_id != room_id}

    def put(self, *memberships: Membership) -> None:
        for each in memberships:
            self.rooms.setdefault(each.room_id, Room(each.room_id, each.room_name, 0))
            self.rows[each.room_id, each.user_id] = each

    def _holds(self, change: Change) -> bool:
        if change.closes and sum(each.is_member for each in self.memberships(change.room_id)) != -change.members_more:
            return False
        stand = all(self.membership(change.room_id, each.username) == each for each in change.standing)
        steps = ((step.before, step.before or step.after) for step in change.steps)
        return stand and all(
            named is not None and self.membership(change.room_id, named.username) == before for before, named in steps
        )


@dataclass
class PresenceInMemory:
    open: dict[str, list[str]] = field(default_factory=dict)

    def arrive(self, connection: Connection, now_ms: int) -> None:
        self.open.setdefault(user_id(connection.username), []).append(connection.connection_id)

    def depart(self, username: str, connection_id: str) -> None:
        self.open[user_id(username)].remove(connection_id)

    def open_connections(self, username: str) -> list[str]:
        return self.open.get(user_id(username), [])
