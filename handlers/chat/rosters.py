"""What `listRooms` and `getMembers` show, in pages that each fit a WebSocket message of 128 KB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from handlers.chat.fields import Fields, optional_string
from handlers.chat.membership import Book, Membership, Role, Status
from handlers.chat.places import Place
from handlers.chat.rooms import LOBBY, LOBBY_NAME, MAX_ROOM_ID_CHARS, Connection
from handlers.chat.usernames import user_id

# A room takes up to 600 bytes of its own (its name 64 characters of up to 6 bytes) and 36 for each request shown.
MAX_ROOMS: Final = 50
MAX_PENDING: Final = 40
MAX_MEMBERS: Final = 500  # of about 110 bytes

View = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    entries: list[View]
    next_after: View
    """`{nextAfter}` where there are more, to be sent as the `after` of the next page."""


def after(fields: Fields) -> str:
    """The request's `after`: the last key of the page before; empty for the first page. Raises BadRequest, TooLong."""
    return optional_string(fields, "after", max_chars=MAX_ROOM_ID_CHARS) or ""


def rooms_of(book: Book, username: str, after: str) -> Page:
    """The rooms that a user is in or asks to join, ordered by id; the lobby, which everybody is in, before all."""
    lobby = Membership(LOBBY, LOBBY_NAME, username, Role.MEMBER, Status.APPROVED, 0)
    mine, more = _first(book.of_user(username, after), MAX_ROOMS)
    shown = mine if after else [lobby, *mine]
    return Page([_room_view(book, each) for each in shown], {"nextAfter": mine[-1].room_id} if more else {})


def members_of(book: Book, place: Place, present: Iterable[Connection], after: str) -> Page:
    """Who is in a room, and for its admins who asks to be, ordered by user name without regard to case.

    Args:
        present: the connections in the room.
    """
    online = {user_id(connection.username): connection.username for connection in present}
    shown, more = _first(_visible(book, place, online, after), MAX_MEMBERS)
    views = [_member_view(each, each.user_id in online) for each in shown]
    return Page(views, {"nextAfter": shown[-1].user_id} if more else {})


def _visible(book: Book, place: Place, online: Mapping[str, str], after: str) -> Iterator[Membership]:
    if place.peer_id is not None:
        me = place.caller.username
        return _of_users({place.peer_id: place.peer_id, user_id(me): me, **online})
    if place.key == LOBBY:
        return (each for each in _of_users(online) if each.user_id > after)
    return _in_room(book, place.key, place.caller.username, after)


def _in_room(book: Book, room_id: str, viewer: str, after: str) -> Iterator[Membership]:
    mine = book.membership(room_id, viewer)
    to_admin = mine is not None and mine.is_admin
    memberships = book.memberships(room_id, after)
    return (each for each in memberships if each.is_member or (to_admin and each.status is Status.PENDING))


def _of_users(names: Mapping[str, str]) -> Iterator[Membership]:
    """Of people who are members without being written down as such; `names`: user id → spelling."""
    for user in sorted(names):
        yield Membership(LOBBY, LOBBY_NAME, names[user], Role.MEMBER, Status.APPROVED, 0)


def _room_view(book: Book, mine: Membership) -> View:
    view = {"roomId": mine.room_id, "name": mine.room_name, "role": mine.role, "status": mine.status}
    if not mine.is_admin:
        return view
    pending = (each.username for each in book.memberships(mine.room_id) if each.status is Status.PENDING)
    return {**view, "pending": list(islice(pending, MAX_PENDING))}


def _member_view(member: Membership, online: bool) -> View:
    return {"username": member.username, "role": member.role, "status": member.status, "online": online}


def _first(entries: Iterable[T], limit: int) -> tuple[list[T], bool]:
    """The first of them, and whether there are more."""
    found = list(islice(entries, limit + 1))
    return found[:limit], len(found) > limit
