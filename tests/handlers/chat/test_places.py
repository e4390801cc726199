from dataclasses import replace

import pytest

from handlers.chat import places
from handlers.chat.errors import NotAMember, RoomNotFound
from tests.handlers.chat.test_rooms import NOW_MS, House, connection


def house() -> House:
    here = replace(connection("lobby", "c1"), username="Ann")
    return House([here, replace(here, room_id="tea"), connection("lobby", "old", -1)], {"tea", "coffee"})


def test_a_room_is_where_it_says() -> None:
    place = places.place(house(), house(), "tea", "c1", NOW_MS)
    assert (place.room_id, place.key, place.caller.username, place.peer_id) == ("tea", "tea", "Ann", None)
    with pytest.raises(NotAMember):
        places.place(house(), house(), "coffee", "c1", NOW_MS)


def test_a_conversation_is_found_by_the_callers_own_name() -> None:
    place = places.place(house(), house(), "@~Bob", "c1", NOW_MS)
    assert (place.room_id, place.key, place.peer_id) == ("@~bob", "#direct#ann#~bob", "~bob")


def test_who_is_not_connected_converses_with_nobody() -> None:
    for connection_id in ("old", "stranger"):
        with pytest.raises(NotAMember):
            places.place(house(), house(), "@bob", connection_id, NOW_MS)


def test_keys_are_no_rooms() -> None:
    for room in ("#direct#ann#bob", "#user#ann", "@#direct#ann#bob", "@"):
        with pytest.raises(RoomNotFound):
            places.place(house(), house(), room, "c1", NOW_MS)
