"""Direct messages: the conversation of two people.

Each of the two calls it by the other's name, `@bob`; it is stored as `#direct#ann#bob`. The key is made of the caller's
own name and the one they give, so there is no way to name a conversation of others: what begins with `#` is no room to
any action, and nobody is asked who may read what.
"""

from __future__ import annotations

from typing import Final, Protocol

from handlers.chat import usernames
from handlers.chat.errors import BadRequest, RoomNotFound

_MARK: Final = "@"
_PREFIX: Final = "#direct#"


class Conversations(Protocol):
    def is_known(self, username: str, peer_id: str) -> bool:
        """Whether the user's list has the conversation with the peer."""

    def spelling(self, user_id: str) -> str | None:
        """How a user spells their name: whoever has an account, or is or lately was connected."""

    def begin(self, username: str, peer: str, now_ms: int) -> None:
        """Put the conversation into the lists of both; may be repeated."""


def is_direct(room_id: str) -> bool:
    """Whether a client's `roomId` means a conversation."""
    return room_id.startswith(_MARK)


def refuse(room_id: str) -> None:
    """Raises BadRequest for a conversation: nobody joins one, or leaves it."""
    if is_direct(room_id):
        raise BadRequest("Direct messages have no members but the two.")


def peer_id(room_id: str, caller: str) -> str:
    """The user id of the other one. Raises RoomNotFound: nobody can be called that. BadRequest: it is the caller."""
    peer = usernames.user_id(room_id.removeprefix(_MARK))
    if not usernames.is_somebodys(peer):
        raise RoomNotFound
    if peer == usernames.user_id(caller):
        raise BadRequest("Nobody writes to themself.")
    return peer


def room_id_of(peer: str) -> str:
    """What the conversation with a user is called."""
    return f"{_MARK}{usernames.user_id(peer)}"


def key_of(one: str, other: str) -> str:
    """What the conversation of two users is stored under."""
    return _PREFIX + "#".join(sorted((usernames.user_id(one), usernames.user_id(other))))


def parties(key: str) -> list[str]:
    """The user ids of the two whose conversation is stored under the key; none where it is a room."""
    return key.removeprefix(_PREFIX).split("#") if key.startswith(_PREFIX) else []


def shown_to(username: str, key: str) -> str:
    """The `roomId` that a user sees of what is stored under the key."""
    others = [party for party in parties(key) if party != usernames.user_id(username)]
    return room_id_of(others[0]) if others else key


def begin(conversations: Conversations, username: str, peer: str, now_ms: int) -> None:
    """See to it that the conversation stands in the lists of both. Raises RoomNotFound: there is no such user."""
    if conversations.is_known(username, peer):
        return
    spelling = conversations.spelling(peer)
    if spelling is None:
        raise RoomNotFound("There is no such user.")
    conversations.begin(username, spelling, now_ms)
