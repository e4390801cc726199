from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from handlers.chat import changes
from handlers.chat.errors import BadRequest, MessageNotFound, NotAuthor, TooManyReactions
from handlers.chat.files import File
from handlers.chat.messages import Message, Reaction

FILE = File("tea.png", "image/png", 7)
HELLO = Message("tea", "m1", "Ann", "hello", 1, "c1")


@dataclass
class Shelf:
    """An archive in memory; what `meanwhile` holds happens one by one, each before a replacement."""

    messages: dict[str, Message] = field(default_factory=lambda: {"m1": HELLO})
    meanwhile: deque[Callable[[], object]] = field(default_factory=deque)

    def find(self, room_key: str, message_id: str) -> Message | None:
        found = self.messages.get(message_id)
        return found if found is not None and found.room_id == room_key else None

    def replace(self, before: Message, after: Message) -> bool:
        if self.meanwhile:
            self.meanwhile.popleft()()
        if self.messages[before.message_id].revision != before.revision:
            return False
        self.messages[before.message_id] = after
        return True


def react(shelf: Shelf, username: str, emoji: str, *, remove: bool = False) -> Message:
    return changes.react(shelf, "tea", "m1", username, emoji, remove=remove)


def test_an_edit_is_the_authors_however_spelled() -> None:
    shelf = Shelf()
    edited = changes.edit(shelf, "tea", "m1", "ANN", "hi", 5)
    assert edited == replace(HELLO, text="hi", edited_at_ms=5, revision=1) == shelf.messages["m1"]
    for attempt in (changes.edit(shelf, "tea", "m1", "ann", "hi", 9), shelf.messages["m1"]):
        assert attempt == edited, "the same text is no edit"
    with pytest.raises(NotAuthor):
        changes.edit(shelf, "tea", "m1", "~Ann", "hi", 5)
    with pytest.raises(NotAuthor):
        changes.delete(shelf, "tea", "m1", "bob", 5)


def test_a_message_of_another_room_is_not_found() -> None:
    attempts: list[Callable[[], object]] = [
        lambda: changes.edit(Shelf(), "lobby", "m1", "Ann", "hi", 5),
        lambda: changes.delete(Shelf(), "tea", "m2", "Ann", 5),
        lambda: changes.react(Shelf(), "lobby", "m1", "Ann", "x"),
    ]
    for attempt in attempts:
        with pytest.raises(MessageNotFound):
            attempt()


def test_only_a_file_does_without_words() -> None:
    shelf = Shelf()
    with pytest.raises(BadRequest):
        changes.edit(shelf, "tea", "m1", "Ann", "", 5)
    shelf.messages["m1"] = replace(HELLO, file=FILE)
    assert changes.edit(shelf, "tea", "m1", "Ann", "", 5).text == ""


def test_a_deletion_leaves_who_and_when() -> None:
    shelf = Shelf({"m1": replace(HELLO, file=FILE, reactions=(Reaction("x", ("bob",)),), edited_at_ms=2, revision=2)})
    deleted = changes.delete(shelf, "tea", "m1", "Ann", 5)
    assert deleted == Message("tea", "m1", "Ann", "", 1, "c1", deleted_at_ms=5, revision=3)
    assert changes.delete(shelf, "tea", "m1", "Ann", 9) == deleted
    with pytest.raises(MessageNotFound):
        changes.edit(shelf, "tea", "m1", "Ann", "hi", 9)
    with pytest.raises(MessageNotFound):
        react(shelf, "bob", "x")


def test_reactions_keep_their_order() -> None:
    shelf = Shelf()
    for username, emoji in (("bob", "x"), ("eve", "y"), ("Ann", "x"), ("BOB", "x")):
        reacted = react(shelf, username, emoji)
    assert reacted.reactions == (Reaction("x", ("bob", "Ann")), Reaction("y", ("eve",)))
    assert reacted.revision == 3
    assert react(shelf, "EVE", "y", remove=True).reactions == (Reaction("x", ("bob", "Ann")),)
    assert react(shelf, "eve", "z", remove=True).revision == 4, "what is not there is not removed"


def test_there_are_so_many_and_no_more() -> None:
    shelf = Shelf()
    for number in range(changes.MAX_EMOJI):
        react(shelf, "bob", str(number))
    with pytest.raises(TooManyReactions):
        react(shelf, "bob", "one more")
    shelf.messages["m1"] = replace(HELLO, reactions=(Reaction("x", tuple(f"u{number}" for number in range(500))),))
    with pytest.raises(TooManyReactions):
        react(shelf, "bob", "x")
    react(shelf, "u7", "x", remove=True)


def test_changes_at_once_all_happen() -> None:
    shelf = Shelf()
    shelf.meanwhile.append(lambda: react(shelf, "bob", "x"))
    shelf.meanwhile.append(lambda: react(shelf, "eve", "x"))
    edited = changes.edit(shelf, "tea", "m1", "Ann", "hi", 5)
    assert (edited.text, edited.revision) == ("hi", 3)
    assert edited.reactions == (Reaction("x", ("eve", "bob")),)


def test_an_edit_while_it_is_deleted_comes_too_late() -> None:
    shelf = Shelf()
    shelf.meanwhile.append(lambda: changes.delete(shelf, "tea", "m1", "Ann", 4))
    with pytest.raises(MessageNotFound):
        changes.edit(shelf, "tea", "m1", "Ann", "hi", 5)
    assert shelf.messages["m1"].text == ""
