import pytest

from handlers.chat.attendance import Attendance
from handlers.chat.rooms import LOBBY
from tests.handlers.chat.memory import NOW_MS, PresenceInMemory
from tests.handlers.chat.test_rooms import House, connection


@pytest.fixture
def attendance() -> Attendance:
    """Ann (whose every connection `connection` makes) with three, one of them expired."""
    rows = [connection(LOBBY, "c1"), connection("tea", "c1"), connection(LOBBY, "c2"), connection(LOBBY, "old", 0)]
    return Attendance(House(rows), PresenceInMemory({"ann": ["c1", "c2", "old", "no row"]}))


def test_a_users_connections_are_those_that_are_open(attendance: Attendance) -> None:
    assert [c.connection_id for c in attendance.of_user("ANN", NOW_MS)] == ["c1", "c2"]
    assert attendance.of_user("bob", NOW_MS) == []


def test_a_forgotten_connection_is_nowhere_and_nobody_else_is_forgotten(attendance: Attendance) -> None:
    attendance.forget(connection("tea", "c1"))
    assert attendance.presence.open_connections("ann") == ["c2", "old", "no row"]
    assert attendance.connections.rooms_of("c1") == []
    assert attendance.connections.rooms_of("c2") == [LOBBY]


def test_a_row_that_the_index_does_not_know_yet_is_forgotten_too() -> None:
    class Lagging(House):
        def rooms_of(self, connection_id: str) -> list[str]:
            return []

    house = Lagging([connection(LOBBY, "c1"), connection("tea", "c1")])
    Attendance(house, PresenceInMemory({"ann": ["c1"]})).forget(connection("tea", "c1"))
    assert house.rows == []


def test_a_forgetting_that_is_cut_short_can_be_repeated() -> None:
    """The row in the lobby goes last: it names the user."""

    class Breaking(House):
        def remove(self, room_id: str, connection_id: str) -> None:
            if room_id == "tea":
                raise RuntimeError
            super().remove(room_id, connection_id)

    house = Breaking([connection(LOBBY, "c1"), connection("tea", "c1")])
    with pytest.raises(RuntimeError):
        Attendance(house, PresenceInMemory({"ann": ["c1"]})).forget(connection(LOBBY, "c1"))
    assert house.get(LOBBY, "c1") is not None
