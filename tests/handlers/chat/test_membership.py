from collections import deque

import pytest

from handlers.chat import membership
from handlers.chat.errors import NotAdmin, NotAMember, RoomNotFound
from handlers.chat.membership import Membership, Role, Room, Status
from tests.handlers.chat.memory import NOW_MS, BookInMemory, admin, member

APPROVE, REJECT = Status.APPROVED, Status.REJECTED


@pytest.fixture
def book() -> BookInMemory:
    """The room tea, with ann as admin."""
    book = BookInMemory()
    book.put(admin("ann"))
    return book


def status(book: BookInMemory, username: str) -> Status | None:
    mine = book.membership("tea", username)
    return None if mine is None else mine.status


def role(book: BookInMemory, username: str) -> Role | None:
    mine = book.membership("tea", username)
    return None if mine is None else mine.role


def test_who_founds_a_room_is_its_admin() -> None:
    book = BookInMemory()
    founder = membership.found(book, Room("r1", "Tea", NOW_MS), "ann")
    assert founder == Membership("r1", "Tea", "ann", Role.ADMIN, Status.APPROVED, NOW_MS)
    assert book.membership("r1", "ANN") == founder


def test_rooms_of_one_name_are_two_rooms() -> None:
    book = BookInMemory()
    membership.found(book, Room("r1", "Tea", 1), "ann")
    membership.found(book, Room("r2", "Tea", 2), "bob")
    assert [each.room_id for each in book.of_user("ann")] == ["r1"]


def test_asking_is_a_request_and_asking_again_changes_nothing(book: BookInMemory) -> None:
    first = membership.ask(book, "tea", "Bob", NOW_MS)
    again = membership.ask(book, "tea", "bob", NOW_MS + 1)
    assert (first.membership.status, first.is_new) == (Status.PENDING, True)
    assert (again.membership, again.is_new) == (first.membership, False)


def test_who_is_in_need_not_ask(book: BookInMemory) -> None:
    assert membership.ask(book, "tea", "ann", NOW_MS).membership == admin("ann")


def test_who_was_rejected_may_ask_again(book: BookInMemory) -> None:
    book.put(member("bob", Status.REJECTED))
    assert membership.ask(book, "tea", "bob", NOW_MS).is_new
    assert status(book, "bob") is Status.PENDING


def test_two_requests_of_one_user_at_once_are_one(book: BookInMemory) -> None:
    book.meanwhile.append(lambda: membership.ask(book, "tea", "bob", 7))
    outcome = membership.ask(book, "tea", "bob", NOW_MS)
    assert (outcome.membership.since_ms, outcome.is_new) == (7, False)


def test_a_room_that_ends_while_one_asks_is_not_found(book: BookInMemory) -> None:
    book.meanwhile.append(lambda: membership.leave(book, "tea", "ann"))
    with pytest.raises(RoomNotFound):
        membership.ask(book, "tea", "bob", NOW_MS)
    assert not book.rows


@pytest.mark.parametrize("verdict", [APPROVE, REJECT])
def test_an_admin_decides(book: BookInMemory, verdict: Status) -> None:
    book.put(member("bob", Status.PENDING))
    outcome = membership.decide(book, "tea", "ANN", "BOB", verdict, NOW_MS)
    assert outcome.is_new
    assert outcome.membership == book.membership("tea", "bob") == member("bob", verdict, since_ms=NOW_MS)


def test_nobody_else_decides(book: BookInMemory) -> None:
    book.put(member("bob", Status.PENDING), member("eve"), member("joe", Status.PENDING))
    book.put(member("tim", Status.PENDING, Role.ADMIN))
    for decider in ("eve", "joe", "tim", "bob", "stranger"):
        with pytest.raises(NotAdmin):
            membership.decide(book, "tea", decider, "bob", APPROVE, NOW_MS)
    assert status(book, "bob") is Status.PENDING


def test_who_has_not_asked_is_not_let_in(book: BookInMemory) -> None:
    with pytest.raises(NotAMember):
        membership.decide(book, "tea", "ann", "bob", APPROVE, NOW_MS)
    with pytest.raises(RoomNotFound):
        membership.decide(book, "coffee", "ann", "bob", APPROVE, NOW_MS)


@pytest.mark.parametrize(("first", "second"), [(APPROVE, REJECT), (REJECT, APPROVE), (APPROVE, APPROVE)])
def test_of_two_decisions_at_once_the_first_holds_and_the_second_hears_it(
    book: BookInMemory, first: Status, second: Status
) -> None:
    book.put(admin("eve"), member("bob", Status.PENDING))
    book.meanwhile.append(lambda: membership.decide(book, "tea", "eve", "bob", first, 7))
    outcome = membership.decide(book, "tea", "ann", "bob", second, NOW_MS)
    assert (outcome.membership.status, outcome.is_new) == (first, False)
    assert status(book, "bob") is first


def test_an_admin_who_has_left_decides_no_more(book: BookInMemory) -> None:
    book.put(admin("eve"), member("bob", Status.PENDING))
    book.meanwhile.append(lambda: membership.leave(book, "tea", "ann"))
    with pytest.raises(NotAdmin):
        membership.decide(book, "tea", "ann", "bob", APPROVE, NOW_MS)
    assert status(book, "bob") is Status.PENDING


def test_a_request_that_was_taken_back_is_not_approved(book: BookInMemory) -> None:
    book.put(member("bob", Status.PENDING))
    book.meanwhile.append(lambda: membership.leave(book, "tea", "bob"))
    with pytest.raises(NotAMember):
        membership.decide(book, "tea", "ann", "bob", APPROVE, NOW_MS)
    assert status(book, "bob") is None


def test_who_is_approved_while_taking_back_the_request_leaves_as_a_member(book: BookInMemory) -> None:
    book.put(member("bob", Status.PENDING))
    book.meanwhile.append(lambda: membership.decide(book, "tea", "ann", "bob", APPROVE, NOW_MS))
    assert membership.leave(book, "tea", "bob").left.is_member
    assert status(book, "bob") is None


def test_a_member_leaves_and_the_room_goes_on(book: BookInMemory) -> None:
    book.put(member("bob"))
    departure = membership.leave(book, "tea", "bob")
    assert (departure.left, departure.heir) == (member("bob"), None)
    assert [each.username for each in book.memberships("tea")] == ["ann"]


def test_who_is_not_in_cannot_leave(book: BookInMemory) -> None:
    book.put(member("bob", Status.REJECTED))
    for username in ("bob", "stranger"):
        with pytest.raises(NotAMember):
            membership.leave(book, "tea", username)
    with pytest.raises(RoomNotFound):
        membership.leave(book, "coffee", "ann")


def test_the_last_admin_hands_over_to_the_longest_standing_member(book: BookInMemory) -> None:
    book.put(member("joe", since_ms=9), member("bob", since_ms=4), member("eve", Status.PENDING, since_ms=2))
    departure = membership.leave(book, "tea", "ann")
    assert departure.heir == admin("bob", since_ms=4)
    assert role(book, "bob") is Role.ADMIN
    assert role(book, "joe") is Role.MEMBER


def test_an_admin_who_is_not_the_last_just_leaves(book: BookInMemory) -> None:
    book.put(admin("eve"), member("bob"))
    assert membership.leave(book, "tea", "ann").heir is None
    assert role(book, "bob") is Role.MEMBER


def test_two_admins_who_leave_at_once_leave_an_admin_behind(book: BookInMemory) -> None:
    book.put(admin("eve"), member("bob"))
    book.meanwhile.append(lambda: membership.leave(book, "tea", "eve"))
    heir = membership.leave(book, "tea", "ann").heir
    assert heir is not None
    assert heir.username == "bob"


def test_an_heir_who_leaves_at_the_same_time_is_passed_over(book: BookInMemory) -> None:
    book.put(member("bob", since_ms=2), member("joe", since_ms=3))
    book.meanwhile.append(lambda: membership.leave(book, "tea", "bob"))
    heir = membership.leave(book, "tea", "ann").heir
    assert heir is not None
    assert heir.username == "joe"


def test_who_inherits_while_leaving_hands_on(book: BookInMemory) -> None:
    book.put(member("bob", since_ms=2), member("joe", since_ms=3))
    book.meanwhile.append(lambda: membership.leave(book, "tea", "ann"))
    heir = membership.leave(book, "tea", "bob").heir
    assert heir is not None
    assert heir.username == "joe"


def test_a_room_without_members_ends_with_all_its_requests(book: BookInMemory) -> None:
    book.put(member("bob", Status.PENDING), member("eve", Status.REJECTED))
    membership.leave(book, "tea", "ann")
    assert (book.rooms, book.rows) == ({}, {})


def test_a_room_does_not_end_under_who_is_just_let_in(book: BookInMemory) -> None:
    book.put(member("bob", Status.PENDING))
    book.meanwhile.append(lambda: membership.decide(book, "tea", "ann", "bob", APPROVE, NOW_MS))
    heir = membership.leave(book, "tea", "ann").heir
    assert heir is not None
    assert heir.username == "bob"


def test_what_a_closing_that_was_cut_short_left_behind_is_swept_by_who_finds_it(book: BookInMemory) -> None:
    book.put(member("bob", Status.PENDING))
    del book.rooms["tea"]
    with pytest.raises(RoomNotFound):
        membership.leave(book, "tea", "bob")
    assert not book.rows


def test_a_fight_without_end_is_given_up(book: BookInMemory) -> None:
    def toggle() -> None:
        book.put(member("bob", Status.PENDING, since_ms=len(book.meanwhile)))

    book.put(member("bob", Status.PENDING))
    book.meanwhile = deque([toggle] * 100)
    with pytest.raises(RuntimeError):
        membership.decide(book, "tea", "ann", "bob", APPROVE, NOW_MS)
