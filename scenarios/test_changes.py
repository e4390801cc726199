"""Editing and deleting one's own messages, and reacting to anybody's."""

from __future__ import annotations

import asyncio

import pytest

from scenarios.client import ChatClient
from scenarios.protocol import Frame
from scenarios.rooms import let_in, open_room
from scenarios.story import Chat

HEART, THUMB, FAMILY, FLAG = "❤️", "👍🏽", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"


async def say(author: ChatClient, text: str = "helo") -> Frame:
    """Where a message is, to be named in further requests."""
    sent = await author.say(text)
    return {"roomId": author.room, "messageId": sent["messageId"]}


async def in_history(reader: ChatClient, message: Frame) -> Frame:
    page = await reader.ask("getMessages", "messages", roomId=message["roomId"], limit=100)
    (found,) = [each for each in page["messages"] if each["messageId"] == message["messageId"]]
    return dict(found)


async def test_an_edit_reaches_everybody_and_the_history(chat: Chat) -> None:
    """The whole message, as it is now, is pushed to all and read by all, as the author was answered."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    message = await say(ann)
    edited = (await ann.ask("editMessage", "edited", **message, text="hello"))["message"]
    assert (edited["text"], edited["username"], edited["revision"]) == ("hello", ann.username, 1)
    assert edited["editedAt"] >= edited["sentAt"]
    for person in (ann, bob):
        assert await person.expect("messageChanged", messageId=message["messageId"]) == {
            "type": "messageChanged",
            **edited,
        }
        assert await in_history(person, message) == edited


async def test_a_deleted_message_leaves_no_words(chat: Chat) -> None:
    """Who said something when is still to be seen; what it was is neither pushed nor stored any more."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    message = await say(ann, "I hate mondays")
    await bob.ask("react", "reacted", **message, emoji=HEART)
    deleted = (await ann.ask("deleteMessage", "deleted", **message))["message"]
    assert deleted["text"] == ""
    assert deleted.keys() == {"roomId", "messageId", "username", "text", "sentAt", "deletedAt", "revision"}
    assert (await bob.expect("messageChanged", revision=2, messageId=message["messageId"]))["deletedAt"]
    assert await in_history(bob, message) == deleted
    assert "mondays" not in str(await chat.stored(message))


async def test_what_is_deleted_is_changed_no_more(chat: Chat) -> None:
    """No edit and no reaction; deleting it again is answered as if it had been the first time."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    message = await say(ann)
    deleted = await ann.ask("deleteMessage", "deleted", **message)
    assert (await ann.request("editMessage", **message, text="hello"))["code"] == "MessageNotFound"
    assert (await bob.request("react", **message, emoji=HEART))["code"] == "MessageNotFound"
    assert (await ann.ask("deleteMessage", "deleted", **message))["message"] == deleted["message"]


async def test_nobody_changes_the_words_of_another(chat: Chat) -> None:
    """Not a member, not the room's admin, not a guest of that name."""
    account = await chat.account("bob")
    bob, (ann, eve) = await chat.enter(account), await chat.join("lobby", "ann", "eve")
    guest = await chat.connect(guest=account.username)
    room = await open_room(ann)
    await let_in(ann, bob, eve, guest)
    message = await say(bob)
    before = await in_history(bob, message)
    for other in (ann, eve, guest):
        assert (await other.request("editMessage", **message, text="I am a fool"))["code"] == "NotAuthor"
        assert (await other.request("deleteMessage", **message))["code"] == "NotAuthor"
    assert await in_history(bob, message) == before
    assert room == message["roomId"]


async def test_nobody_changes_anything_in_a_room_they_are_not_in(chat: Chat) -> None:
    """Neither through the room itself nor by naming its message in a room of one's own; and who has left is out."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    room = await open_room(ann)
    await let_in(ann, bob)
    message = await say(bob)
    mine = await open_room(eve, "Mine")
    asks: tuple[tuple[str, dict[str, str]], ...] = (
        ("editMessage", {"text": "x"}),
        ("deleteMessage", {}),
        ("react", {"emoji": HEART}),
        ("getFile", {}),
    )
    for action, fields in asks:
        for there, code in ((room, "NotAMember"), (mine, "MessageNotFound"), ("lobby", "MessageNotFound")):
            answer = await eve.request(action, roomId=there, messageId=message["messageId"], **fields)
            assert answer["code"] == code, (action, there)
    await bob.ask("leaveRoom", "left", roomId=room)
    assert (await bob.request("editMessage", **message, text="x"))["code"] == "NotAMember"
    assert (await in_history(ann, message))["text"] == "helo"


async def test_an_edit_to_the_same_words_is_none(chat: Chat) -> None:
    """It is answered, and changes nothing."""
    (ann,) = await chat.join("lobby", "ann")
    message = await say(ann)
    assert "revision" not in (await ann.ask("editMessage", "edited", **message, text="helo"))["message"]
    assert "editedAt" not in await in_history(ann, message)


async def test_reactions_are_one_for_each_user_and_emoji(chat: Chat) -> None:
    """Set twice is set once; everybody sees who; taken back is gone."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    message = await say(ann)
    for person, emoji in ((bob, HEART), (bob, HEART), (ann, HEART), (ann, FAMILY), (bob, FLAG)):
        reacted = await person.ask("react", "reacted", **message, emoji=emoji)
    assert reacted["message"]["reactions"] == [
        {"emoji": HEART, "usernames": [bob.username, ann.username]},
        {"emoji": FAMILY, "usernames": [ann.username]},
        {"emoji": FLAG, "usernames": [bob.username]},
    ]
    assert reacted["message"]["revision"] == 4
    await ann.expect("messageChanged", messageId=message["messageId"], revision=4)
    for emoji in (HEART, FLAG, THUMB):
        reacted = await bob.ask("react", "reacted", **message, emoji=emoji, remove=True)
    assert (await in_history(ann, message))["reactions"] == [
        {"emoji": HEART, "usernames": [ann.username]},
        {"emoji": FAMILY, "usernames": [ann.username]},
    ]


async def test_reactions_at_once_are_all_there(chat: Chat) -> None:
    """Nobody's reaction is lost by somebody else's, nor by an edit in the same moment."""
    ann, *people = await chat.join("lobby", "ann", *[f"user{number}" for number in range(8)])
    message = await say(ann)
    edit = ann.ask("editMessage", "edited", **message, text="hello")
    await asyncio.gather(edit, *(each.ask("react", "reacted", **message, emoji=THUMB) for each in people))
    found = await in_history(ann, message)
    assert found["text"] == "hello"
    assert set(found["reactions"][0]["usernames"]) == {each.username for each in people}
    assert found["revision"] == 9


async def test_of_two_windows_that_edit_at_once_one_comes_last(chat: Chat) -> None:
    """Both edits happen, and what the history has is what the higher revision said."""
    account = await chat.account("ann")
    desk, phone = await chat.enter(account), await chat.enter(account)
    message = await say(desk)
    answers = await asyncio.gather(
        desk.ask("editMessage", "edited", **message, text="from the desk"),
        phone.ask("editMessage", "edited", **message, text="from the phone"),
    )
    states = sorted((each["message"] for each in answers), key=lambda state: int(state["revision"]))
    assert [state["revision"] for state in states] == [1, 2]
    assert await in_history(desk, message) == states[1]


async def test_changes_in_direct_messages_stay_there(chat: Chat) -> None:
    """Each of the two sees them under the other's name."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    ann.room = f"@{bob.username}"
    message = await say(ann)
    await ann.ask("editMessage", "edited", **message, text="hello")
    changed = await bob.expect("messageChanged", messageId=message["messageId"])
    assert (changed["roomId"], changed["text"]) == (f"@{ann.username}", "hello")
    await bob.ask("react", "reacted", roomId=f"@{ann.username}", messageId=message["messageId"], emoji=HEART)
    reacted = await ann.expect("messageChanged", messageId=message["messageId"], revision=2)
    assert reacted["roomId"] == f"@{bob.username}"


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("editMessage", {"text": "x"}, "BadRequest"),
        ("editMessage", {"messageId": "0" * 26, "text": "x"}, "MessageNotFound"),
        ("editMessage", {"messageId": "yesterday", "text": "x"}, "BadRequest"),
        ("editMessage", {"messageId": "1", "text": "x" * 4001}, "BadRequest"),
        ("editMessage", {"messageId": "0" * 26, "text": "x" * 4001}, "TooLong"),
        ("editMessage", {"messageId": "0" * 26}, "BadRequest"),
        ("deleteMessage", {}, "BadRequest"),
        ("deleteMessage", {"messageId": "0" * 27}, "TooLong"),
        ("deleteMessage", {"messageId": "0" * 26}, "MessageNotFound"),
        ("react", {"messageId": "0" * 26, "emoji": HEART}, "MessageNotFound"),
        ("react", {"messageId": "0" * 26}, "BadRequest"),
        ("react", {"messageId": "0" * 26, "emoji": ""}, "BadRequest"),
        ("react", {"messageId": "0" * 26, "emoji": "a"}, "BadRequest"),
        ("react", {"messageId": "0" * 26, "emoji": "<b>"}, "BadRequest"),
        ("react", {"messageId": "0" * 26, "emoji": f"{HEART}x"}, "BadRequest"),
        ("react", {"messageId": "0" * 26, "emoji": HEART * 9}, "TooLong"),
        ("react", {"messageId": "0" * 26, "emoji": HEART, "remove": "yes"}, "BadRequest"),
    ],
)
async def test_a_bad_request_changes_nothing(chat: Chat, action: str, fields: dict[str, object], code: str) -> None:
    """Each is answered with the code that says why; and an empty text is none."""
    (ann,) = await chat.join("lobby", "ann")
    message = await say(ann)
    assert (await ann.request(action, roomId="lobby", **fields))["code"] == code
    assert (await ann.request("editMessage", **message, text=""))["code"] == "BadRequest"
    assert "revision" not in await in_history(ann, message)


async def test_a_message_holds_so_many_emoji(chat: Chat) -> None:
    """Twenty different ones; the next is refused, one that is there already is not."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    message = await say(ann)
    emoji = [chr(0x1F600 + number) for number in range(21)]
    for each in emoji[:20]:
        await ann.ask("react", "reacted", **message, emoji=each)
    assert (await bob.request("react", **message, emoji=emoji[20]))["code"] == "TooManyReactions"
    await bob.ask("react", "reacted", **message, emoji=emoji[0])


async def test_who_has_said_nothing_yet_deletes_nothing(chat: Chat) -> None:
    """Taking back counts as saying something: it is counted for a newcomer as for anybody, and refused."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    await open_room(ann)
    await let_in(ann, bob)
    message = await say(ann)
    assert (await bob.request("deleteMessage", **message))["code"] == "NotAuthor"
    assert await in_history(ann, message)
