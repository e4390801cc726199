from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from types_boto3_dynamodb import DynamoDBClient

from handlers.adapters.rooms import RoomTable
from handlers.chat import membership
from handlers.chat.errors import ChatError, NotAMember, RoomNotFound
from handlers.chat.membership import Change, Membership, Role, Room, Status, Step
from tests.handlers.conftest import Tables

TEA = Room("tea", "Tea time", 1)
ANN = Membership("tea", "Tea time", "Ann", Role.ADMIN, Status.APPROVED, 1)


@pytest.fixture
def book(dynamodb: DynamoDBClient, tables: Tables) -> RoomTable:
    """The room tea, with Ann as admin."""
    book = RoomTable(dynamodb, tables.rooms)
    assert membership.found(book, TEA, "Ann") == ANN
    return book


def let_in(book: RoomTable, username: str, now_ms: int = 5) -> Membership:
    membership.ask(book, "tea", username, now_ms)
    return membership.decide(book, "tea", "ann", username, Status.APPROVED, now_ms).membership


def names(book: RoomTable) -> list[str]:
    return [each.username for each in book.memberships("tea")]


def test_a_room_and_its_founder_are_read_back(book: RoomTable) -> None:
    assert book.room("tea") == TEA
    assert book.exists("tea")
    assert not book.exists("coffee")
    assert book.membership("tea", "ANN") == ANN
    assert list(book.memberships("tea")) == list(book.of_user("ann")) == [ANN]


def test_a_member_without_a_room_is_no_room(dynamodb: DynamoDBClient, tables: Tables) -> None:
    dynamodb.put_item(TableName=tables.rooms, Item={"roomId": {"S": "ghost"}, "username": {"S": "ann"}})
    assert not RoomTable(dynamodb, tables.rooms).exists("ghost")


def test_a_rooms_and_a_users_rows_say_the_same(book: RoomTable) -> None:
    request = membership.ask(book, "tea", "~Bob", 5).membership
    assert list(book.of_user("~bob")) == [request]
    approved = membership.decide(book, "tea", "ann", "~bob", Status.APPROVED, 6).membership
    assert list(book.of_user("~bob")) == [approved] == [book.membership("tea", "~bob")]
    membership.leave(book, "tea", "~bob")
    assert list(book.of_user("~bob")) == []
    assert book.membership("tea", "~bob") is None


def test_who_was_rejected_has_no_request_left_but_the_room_remembers(book: RoomTable) -> None:
    membership.ask(book, "tea", "bob", 5)
    rejected = membership.decide(book, "tea", "ann", "bob", Status.REJECTED, 6).membership
    assert list(book.of_user("bob")) == []
    assert book.membership("tea", "bob") == rejected
    assert membership.ask(book, "tea", "bob", 7).is_new


def test_lists_go_on_behind_any_entry(book: RoomTable) -> None:
    for name in ("bob", "~eve"):
        let_in(book, name)
    membership.found(book, Room("coffee", "Coffee", 1), "ann")
    assert names(book) == ["Ann", "bob", "~eve"]
    assert [each.username for each in book.memberships("tea", "ann")] == ["bob", "~eve"]
    assert [each.room_id for each in book.of_user("ann")] == ["coffee", "tea"]
    assert [each.room_id for each in book.of_user("ann", "coffee")] == ["tea"]


def test_nothing_changes_where_anything_is_not_as_expected(book: RoomTable) -> None:
    bob = let_in(book, "bob")
    older, gone = replace(ANN, since_ms=0), replace(ANN, username="eve")
    for change in (
        Change("tea", (Step(older, None),)),
        Change("tea", (Step(gone, None),)),
        Change("tea", (Step(None, replace(bob, role=Role.ADMIN)),)),
        Change("tea", (Step(bob, None),), standing=(older,)),
        Change("tea", (Step(ANN, None),), closes=True),
        Change("coffee", (Step(None, replace(bob, room_id="coffee")),)),
        Change("tea", (Step(None, replace(gone, role=Role.MEMBER)),), opens=TEA),
    ):
        assert not book.commit(change)
    assert list(book.memberships("tea")) == [ANN, bob]
    assert list(book.of_user("bob")) == [bob]


def test_a_room_that_ends_leaves_no_row(book: RoomTable, dynamodb: DynamoDBClient, tables: Tables) -> None:
    membership.ask(book, "tea", "bob", 5)
    membership.leave(book, "tea", "ann")
    assert dynamodb.scan(TableName=tables.rooms)["Count"] == 0


def test_of_many_decisions_at_once_one_holds_and_all_hear_it(book: RoomTable) -> None:
    for attempt in range(5):
        asker = f"bob-{attempt}"
        membership.ask(book, "tea", asker, 5)

        def decide(status: Status, asker: str = asker) -> membership.Outcome:
            return membership.decide(book, "tea", "ann", asker, status, 6)

        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(decide, [Status.APPROVED, Status.REJECTED] * 4))
        assert sum(outcome.is_new for outcome in outcomes) == 1
        assert {outcome.membership for outcome in outcomes} == {book.membership("tea", asker)}


def test_who_takes_back_a_request_at_the_moment_of_its_approval_is_out(book: RoomTable) -> None:
    def approve(asker: str) -> bool:
        try:
            return membership.decide(book, "tea", "ann", asker, Status.APPROVED, 6).membership.is_member
        except NotAMember:
            return False

    for attempt in range(10):
        asker = f"bob-{attempt}"
        membership.ask(book, "tea", asker, 5)
        with ThreadPoolExecutor(2) as threads:
            approved, left = threads.submit(approve, asker), threads.submit(membership.leave, book, "tea", asker)
        assert left.result().left.is_member == approved.result()
        assert book.membership("tea", asker) is None
    membership.leave(book, "tea", "ann")
    assert not book.exists("tea"), "the members were counted wrong"


def test_a_room_that_everybody_leaves_at_once_always_has_an_admin_until_it_ends(book: RoomTable) -> None:
    everybody = [f"user-{number}" for number in range(6)]
    for name in everybody:
        let_in(book, name)
    with ThreadPoolExecutor(7) as threads:
        departures = list(threads.map(lambda name: membership.leave(book, "tea", name), ["ann", *everybody]))
    heirs = [departure.heir for departure in departures if departure.heir]
    admins = [departure.left for departure in departures if departure.left.is_admin]
    assert {each.user_id for each in admins} == {"ann", *(heir.user_id for heir in heirs)}
    assert (book.exists("tea"), names(book)) == (False, [])


def test_asking_while_the_room_ends_leaves_nothing_behind(
    book: RoomTable, dynamodb: DynamoDBClient, tables: Tables
) -> None:
    def ask(name: str) -> str:
        try:
            return membership.ask(book, "tea", name, 5).membership.status
        except ChatError as error:
            return error.code

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(ask, f"user-{number}") for number in range(12)]
        left = threads.submit(membership.leave, book, "tea", "ann")
    left.result()
    assert {each.result() for each in asked} <= {Status.PENDING, RoomNotFound.code}
    assert dynamodb.scan(TableName=tables.rooms)["Count"] == 0
