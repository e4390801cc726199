import pytest

from handlers.chat import direct
from handlers.chat.errors import BadRequest, RoomNotFound


class Lists:
    """Conversations in memory."""

    def __init__(self, **users: str) -> None:
        self.users = users
        self.known: set[tuple[str, str]] = set()

    def is_known(self, username: str, peer_id: str) -> bool:
        return (username.lower(), peer_id) in self.known

    def spelling(self, user_id: str) -> str | None:
        return self.users.get(user_id)

    def begin(self, username: str, peer: str, now_ms: int) -> None:
        self.known |= {(username.lower(), peer.lower()), (peer.lower(), username.lower())}


def test_both_store_under_one_key_and_see_the_other() -> None:
    key = direct.key_of("Bob", "~Ann")
    assert key == direct.key_of("~ann", "bob")
    assert sorted(direct.parties(key)) == ["bob", "~ann"]
    assert (direct.shown_to("BOB", key), direct.shown_to("~Ann", key)) == ("@~ann", "@bob")


def test_a_room_is_no_conversation() -> None:
    for room in ("lobby", "01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        assert direct.parties(room) == []
        assert direct.shown_to("ann", room) == room
        direct.refuse(room)


@pytest.mark.parametrize("room", ["@", "@ab", "@a b c", "@@bob", "@#room", "@bob#eve", "@~~bob", "@" + "b" * 40])
def test_what_nobody_is_called_is_no_room(room: str) -> None:
    with pytest.raises(RoomNotFound):
        direct.peer_id(room, "ann")


def test_nobody_writes_to_themself_and_nobody_joins() -> None:
    for attempt in (lambda: direct.peer_id("@ANN", "Ann"), lambda: direct.refuse("@bob")):
        with pytest.raises(BadRequest):
            attempt()


def test_a_conversation_begins_once_and_only_with_somebody() -> None:
    lists = Lists(bob="Bob")
    direct.begin(lists, "Ann", "bob", 1)
    assert lists.known == {("ann", "bob"), ("bob", "ann")}
    lists.users.clear()
    direct.begin(lists, "bob", "ann", 2)  # known: nobody is looked up
    with pytest.raises(RoomNotFound):
        direct.begin(lists, "ann", "eve", 3)
