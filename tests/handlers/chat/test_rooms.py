from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from handlers.chat import rooms
from handlers.chat.errors import BadRequest, NotAMember, RoomNotFound, TooLong
from handlers.chat.rooms import LOBBY, Connection

NOW_MS = 1_795_161_841_000


def connection(room_id: str, connection_id: str, expires_in_s: int = 60) -> Connection:
    """One that was opened a minute ago."""
    return Connection(room_id, connection_id, "ann", NOW_MS - 60_000, NOW_MS // 1000 + expires_in_s)


@dataclass
class House:
    """Rooms and connections in memory."""

    rows: list[Connection] = field(default_factory=list)
    rooms: set[str] = field(default_factory=set)

    def get(self, room_id: str, connection_id: str) -> Connection | None:
        return next((c for c in self.rows if (c.room_id, c.connection_id) == (room_id, connection_id)), None)

    def in_room(self, room_id: str) -> Iterable[Connection]:
        return [row for row in self.rows if row.room_id == room_id]

    def rooms_of(self, connection_id: str) -> Iterable[str]:
        return [row.room_id for row in self.rows if row.connection_id == connection_id]

    def remove(self, room_id: str, connection_id: str) -> None:
        self.rows = [row for row in self.rows if (row.room_id, row.connection_id) != (room_id, connection_id)]

    def forget(self, connection: Connection) -> None:
        for room_id in self.rooms_of(connection.connection_id):
            self.remove(room_id, connection.connection_id)

    def exists(self, room_id: str) -> bool:
        return room_id in self.rooms


def test_whoever_is_in_a_room_may_act_there() -> None:
    house = House([connection("tea", "c1")], {"tea"})
    assert rooms.participant(house, house, "tea", "c1", NOW_MS).username == "ann"


def test_a_room_without_me_and_no_room_at_all_are_told_apart() -> None:
    house = House([connection(LOBBY, "c1")], {"tea"})
    with pytest.raises(NotAMember):
        rooms.participant(house, house, "tea", "c1", NOW_MS)
    with pytest.raises(RoomNotFound):
        rooms.participant(house, house, "coffee", "c1", NOW_MS)
    with pytest.raises(NotAMember):
        rooms.participant(house, house, LOBBY, "stranger", NOW_MS)


def test_an_expired_connection_counts_as_absent_though_its_row_is_still_there() -> None:
    house = House([connection(LOBBY, "old", 0), connection(LOBBY, "new", 1)])
    with pytest.raises(NotAMember):
        rooms.participant(house, house, LOBBY, "old", NOW_MS)
    assert [c.connection_id for c in rooms.present(house, LOBBY, NOW_MS)] == ["new"]


def test_a_room_id_has_1_to_64_characters() -> None:
    assert rooms.room_id({"roomId": "r" * 64}) == "r" * 64
    with pytest.raises(BadRequest):
        rooms.room_id({})
    with pytest.raises(TooLong):
        rooms.room_id({"roomId": "r" * 65})


def test_a_user_is_the_same_in_every_spelling() -> None:
    assert connection(LOBBY, "c1").is_of("ANN")
    assert not connection(LOBBY, "c1").is_of("~ann")


def test_a_new_connection_may_be_opening() -> None:
    """Its row is older than the connection itself."""
    opened = connection(LOBBY, "c1").connected_at_ms
    assert connection(LOBBY, "c1").may_be_opening(opened)
    assert connection(LOBBY, "c1").may_be_opening(opened + 9_999)
    assert not connection(LOBBY, "c1").may_be_opening(opened + 10_000)
