"""Leaving: with a word, without one, and what becomes of those who stay."""

from __future__ import annotations

from typing import Any

from scenarios.client import ChatClient
from scenarios.patience import until
from scenarios.story import Chat


async def test_who_leaves_is_forgotten(chat: Chat) -> None:
    """`$disconnect` removes the connection, that one only."""
    account = await chat.account("ann")
    desk, phone = await chat.enter(account), await chat.enter(account)
    rows = {row["connectionId"]["S"] for row in await chat.rows(account.username)}
    assert len(rows) == 2
    (bob,) = await chat.join("lobby", "bob")
    await bob.close()
    await chat.until_forgotten(bob)
    assert {row["connectionId"]["S"] for row in await chat.rows(account.username)} == rows
    await desk.say("still here")
    await phone.expect("message", username=account.username, text="still here")


async def test_a_vanished_peer_is_forgotten(chat: Chat) -> None:
    """A peer whose TCP connection is lost without a close frame is dropped; nobody else is."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    await eve.vanish()
    await still_heard(ann, bob)

    async def rows_after_a_push() -> list[dict[str, Any]]:
        await ann.ask("typing", "ok", roomId="lobby")
        return await chat.rows(eve.username)

    await until(rows_after_a_push, lambda rows: not rows, "the one who vanished is forgotten")
    await still_heard(bob, ann)


async def test_a_stale_row_is_removed_and_no_other(chat: Chat) -> None:
    """`$disconnect` is best effort: a row may stay behind, and the first post to it is answered 410. Then that row
    goes, and no other.

    Two bugs of chat samples that everybody copies: the *sender's* row is deleted in its place; or `except ClientError`
    stands before `except GoneException`, its subclass, and nothing is.
    """
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    row_of_eve, others = await chat.row(eve), [await chat.row(ann), await chat.row(bob)]
    await eve.close()
    await chat.until_forgotten(eve)
    await chat.put_back(row_of_eve)
    await still_heard(ann, bob)
    await chat.until_forgotten(eve)
    assert [await chat.row(ann), await chat.row(bob)] == others
    await still_heard(bob, ann)


async def test_who_is_just_coming_is_not_forgotten(chat: Chat) -> None:
    """A row of seconds ago to which posts are answered 410 may be of a connection whose handshake is still under way:
    to remove it would leave its user connected and in no room. (`$connect` writes the row, and the connection only
    exists once that has answered.)
    """
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    row_of_eve = await chat.row(eve)
    await eve.close()
    await chat.until_forgotten(eve)
    await chat.put_back(row_of_eve, age_s=0)
    await still_heard(ann, bob)
    await still_heard(bob, ann)  # by now all is done that the first message led to
    assert await chat.row(eve) == row_of_eve


async def test_a_stale_row_does_not_stop_a_typist(chat: Chat) -> None:
    """Typing is pushed by another function; there a stale row is found and removed in the same way."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    row_of_eve = await chat.row(eve)
    await eve.close()
    await chat.until_forgotten(eve)
    await chat.put_back(row_of_eve)
    await ann.ask("typing", "ok", roomId="lobby")
    await bob.expect("typing", username=ann.username)
    await chat.until_forgotten(eve)
    assert len(await chat.rows(ann.username)) == 1


async def test_who_comes_back_reads_what_they_missed(chat: Chat) -> None:
    """Nothing is lost by a broken connection: the history has what the pushes could not bring."""
    account = await chat.account("ann")
    ann = await chat.enter(account)
    (bob,) = await chat.join("lobby", "bob")
    await ann.vanish()
    missed = await bob.say("did you hear?")
    again = await chat.enter(account)
    page = await again.history(limit=100)
    assert missed["messageId"] in [message["messageId"] for message in page["messages"]]
    await still_heard(bob, again)


async def still_heard(speaker: ChatClient, listener: ChatClient) -> None:
    """What one says arrives at the other, and at the speaker's own."""
    sent = await speaker.say(f"{speaker.username} speaks")
    for person in (speaker, listener):
        await person.expect("message", messageId=sent["messageId"])
