import json
from dataclasses import replace

from handlers.chat import rosters
from handlers.chat.membership import Membership, Role, Status
from handlers.chat.places import Place
from handlers.chat.rooms import LOBBY
from tests.handlers.chat.memory import BookInMemory, admin, member
from tests.handlers.chat.test_rooms import connection

FRAME_BYTES = 128 * 1024
LOBBY_VIEW = {"roomId": LOBBY, "name": "Lobby", "role": "member", "status": "approved"}


def seen(room_id: str, viewer: str) -> Place:
    return Place(room_id, room_id, replace(connection(room_id, "viewer"), username=viewer))


def test_the_lobby_is_everybodys_first_room() -> None:
    page = rosters.rooms_of(BookInMemory(), "ann", "")
    assert (page.entries, page.next_after) == ([LOBBY_VIEW], {})


def test_rooms_show_what_one_is_there_and_to_admins_who_asks() -> None:
    book = BookInMemory()
    book.put(admin("ann"), member("bob", Status.PENDING), member("~eve", Status.PENDING), member("joe"))
    book.put(member("tim", Status.REJECTED))
    shown = {"roomId": "tea", "name": "Tea time"}
    (_, of_ann) = rosters.rooms_of(book, "Ann", "").entries
    (_, of_bob) = rosters.rooms_of(book, "bob", "").entries
    (_, of_joe) = rosters.rooms_of(book, "joe", "").entries
    assert of_ann == {**shown, "role": "admin", "status": "approved", "pending": ["bob", "~eve"]}
    assert of_bob == {**shown, "role": "member", "status": "pending"}
    assert of_joe == {**shown, "role": "member", "status": "approved"}
    assert len(rosters.rooms_of(book, "tim", "").entries) == 1


def test_members_see_members_and_admins_see_who_asks() -> None:
    book = BookInMemory()
    book.put(admin("Zoe"), member("bob"), member("ann", Status.PENDING), member("joe", Status.REJECTED))
    present = [replace(connection("tea", "c1"), username="ZOE")]
    zoe = {"username": "Zoe", "role": "admin", "status": "approved", "online": True}
    bob = {"username": "bob", "role": "member", "status": "approved", "online": False}
    ann = {"username": "ann", "role": "member", "status": "pending", "online": False}
    assert rosters.members_of(book, seen("tea", "bob"), present, "").entries == [bob, zoe]
    assert rosters.members_of(book, seen("tea", "zoe"), present, "").entries == [ann, bob, zoe]


def test_the_lobby_shows_each_user_who_is_there_once() -> None:
    present = [connection(LOBBY, "c1"), connection(LOBBY, "c2"), replace(connection(LOBBY, "c3"), username="Bob")]
    views = rosters.members_of(BookInMemory(), seen(LOBBY, "ann"), present, "").entries
    assert [view["username"] for view in views] == ["ann", "Bob"]
    assert views[0] == {"username": "ann", "role": "member", "status": "approved", "online": True}


def test_the_two_of_direct_messages_see_each_other() -> None:
    place = Place("@bob", "#direct#ann#bob", replace(connection(LOBBY, "c1"), username="Ann"), "bob")
    present = [replace(connection(LOBBY, "c1"), username="Ann")]
    views = rosters.members_of(BookInMemory(), place, present, "").entries
    assert [(view["username"], view["online"]) for view in views] == [("Ann", True), ("bob", False)]
    present.append(replace(connection(LOBBY, "c2"), username="Bob"))
    views = rosters.members_of(BookInMemory(), place, present, "").entries
    assert [(view["username"], view["online"]) for view in views] == [("Ann", True), ("Bob", True)]


def test_long_lists_come_in_pages_that_fit_a_frame() -> None:
    book = BookInMemory()
    for number in range(120):
        book.put(Membership(f"{number:026d}", "\u0001" * 64, "ann", Role.ADMIN, Status.APPROVED, 1))
        book.put(*(Membership(f"{number:026d}", "x", f"~{n:032d}", Role.MEMBER, Status.PENDING, 1) for n in range(50)))
    found, after = [], ""
    while True:
        page = rosters.rooms_of(book, "ann", after)
        assert len(json.dumps({"rooms": page.entries})) < FRAME_BYTES
        found += [view["roomId"] for view in page.entries]
        if not page.next_after:
            break
        after = str(page.next_after["nextAfter"])
    assert found == [LOBBY, *(f"{number:026d}" for number in range(120))]


def test_long_rooms_come_in_pages_that_fit_a_frame() -> None:
    book, names = BookInMemory(), [f"~{number:032d}" for number in range(1200)]
    book.put(admin("ann"), *(member(name) for name in names))
    lobby = [replace(connection(LOBBY, name), username=name) for name in names]
    for room_id, everybody in (("tea", ["ann", *names]), (LOBBY, names)):
        found, after = [], ""
        while True:
            page = rosters.members_of(book, seen(room_id, "ann"), lobby, after)
            assert len(json.dumps({"members": page.entries})) < FRAME_BYTES
            found += [view["username"] for view in page.entries]
            if not page.next_after:
                break
            after = str(page.next_after["nextAfter"])
        assert found == everybody
