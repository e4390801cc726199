from concurrent.futures import ThreadPoolExecutor

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.connections import ConnectionTable
from handlers.adapters.presence import PresenceTable
from handlers.adapters.rooms import RoomTable
from handlers.adapters.seats import SeatTable
from handlers.chat import membership
from handlers.chat.attendance import Attendance, Seating
from handlers.chat.membership import Room
from handlers.chat.rooms import LOBBY, Connection
from tests.handlers.conftest import Tables

NOW_MS = 1_795_161_841_000
ANN = Connection(LOBBY, "c1", "Ann", NOW_MS, NOW_MS // 1000 + 60)


class House:
    """The tables, and the adapters that seats are made of."""

    def __init__(self, client: DynamoDBClient, tables: Tables) -> None:
        self.connections = ConnectionTable(client, tables.connections)
        self.presence = PresenceTable(client, tables.presence)
        self.book = RoomTable(client, tables.rooms)
        self.seats = SeatTable.of(
            client,
            {
                "CONNECTIONS_TABLE": tables.connections,
                "PRESENCE_TABLE": tables.presence,
                "ROOMS_TABLE": tables.rooms,
            },
        )
        self.seating = Seating(Attendance(self.connections, self.presence), self.seats)

    def open(self, connection: Connection = ANN) -> None:
        self.connections.add(connection)
        self.presence.arrive(connection, NOW_MS)

    def rooms(self, connection_id: str = "c1") -> list[str]:
        return sorted(set(self.connections.rooms_of(connection_id)) - {LOBBY})


@pytest.fixture
def house(dynamodb: DynamoDBClient, tables: Tables) -> House:
    """Ann has founded tea and water, Bob coffee."""
    house = House(dynamodb, tables)
    for room_id, founder in (("tea", "ann"), ("water", "ann"), ("coffee", "bob")):
        membership.found(house.book, Room(room_id, room_id, 1), founder)
    return house


def test_a_seat_is_the_row_of_the_lobby_in_another_room(house: House) -> None:
    house.open()
    house.seats.take(ANN, ["tea"])
    row = house.connections.get("tea", "c1")
    assert row == Connection("tea", "c1", "Ann", ANN.connected_at_ms, ANN.expires_at_s)


def test_only_members_are_seated(house: House) -> None:
    house.open()
    membership.ask(house.book, "coffee", "ann", 5)
    house.seats.take(ANN, ["coffee", "tea", "no such room", "water"])
    assert house.rooms() == ["tea", "water"]


def test_only_open_connections_are_seated(house: House) -> None:
    house.seats.take(ANN, ["tea"])
    assert house.rooms() == []


def test_nobody_without_rooms_is_in_the_way(house: House) -> None:
    house.seats.take(ANN, [])


def test_more_rooms_than_a_transaction_holds(house: House) -> None:
    house.open()
    rooms = [f"room-{number:03d}" for number in range(101)]
    for room_id in rooms:
        membership.found(house.book, Room(room_id, "x", 1), "ann")
    house.seats.take(ANN, rooms)
    assert house.rooms() == rooms


def test_a_seat_is_given_up_by_who_is_a_member_no_more(house: House) -> None:
    house.open()
    house.seats.take(ANN, ["tea", "water"])
    membership.leave(house.book, "tea", "ann")
    for room_id in ("tea", "water", "coffee"):
        house.seats.give_up("ann", "c1", room_id)
    assert house.rooms() == ["water"]


def test_whoever_connects_while_being_approved_is_seated(house: House) -> None:
    """Whichever comes first, what `$connect` does or what approving does."""

    def connect(connection: Connection) -> None:
        house.open(connection)
        memberships = house.book.of_user(connection.username)
        house.seats.take(connection, [each.room_id for each in memberships if each.is_member])

    def approve(username: str) -> None:
        membership.decide(house.book, "tea", "ann", username, membership.Status.APPROVED, 5)
        house.seating.seat(username, "tea", NOW_MS)

    for attempt in range(10):
        name = f"bob-{attempt}"
        membership.ask(house.book, "tea", name, 5)
        with ThreadPoolExecutor(2) as threads:
            done = [
                threads.submit(connect, Connection(LOBBY, name, name, NOW_MS, ANN.expires_at_s)),
                threads.submit(approve, name),
            ]
        for each in done:
            each.result()
        assert house.rooms(name) == ["tea"]


def test_whoever_connects_while_leaving_is_not_in_the_room(house: House) -> None:
    def connect(connection: Connection) -> None:
        memberships = list(house.book.of_user(connection.username))
        house.open(connection)
        house.seats.take(connection, [each.room_id for each in memberships])

    def leave(username: str) -> None:
        membership.leave(house.book, "tea", username)
        house.seating.unseat(username, "tea")

    for attempt in range(10):
        name = f"bob-{attempt}"
        membership.ask(house.book, "tea", name, 5)
        membership.decide(house.book, "tea", "ann", name, membership.Status.APPROVED, 5)
        with ThreadPoolExecutor(2) as threads:
            done = [
                threads.submit(connect, Connection(LOBBY, name, name, NOW_MS, ANN.expires_at_s)),
                threads.submit(leave, name),
            ]
        for each in done:
            each.result()
        assert house.rooms(name) == []
