"""Presence: the lobby hears who comes and who goes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cloudrig.pytest_plugin import Clients
from scenarios.client import ChatClient
from scenarios.patience import until
from scenarios.story import Chat


@pytest.fixture(autouse=True)
def _presence_is_on(aws: Clients, outputs: dict[str, Any]) -> None:
    found = aws("lambda").list_event_source_mappings(FunctionName=outputs["functions"]["presence"])
    if [mapping["State"] for mapping in found["EventSourceMappings"]] != ["Enabled"]:
        pytest.skip("this stack is deployed with PRESENCE=off")


class PresenceTable:
    """The table Presence, to be put into the state that a missed `$disconnect` leaves."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    async def row(self, username: str) -> dict[str, Any]:
        found = await asyncio.to_thread(
            self._dynamodb.get_item, TableName=self._table, Key={"userId": {"S": username}}, ConsistentRead=True
        )
        row: dict[str, Any] = found.get("Item", {})
        return row

    async def put_back(self, row: dict[str, Any]) -> None:
        await asyncio.to_thread(self._dynamodb.put_item, TableName=self._table, Item=row)

    async def expire(self, username: str) -> None:
        """What DynamoDB does to a row whose time is up."""
        await asyncio.to_thread(self._dynamodb.delete_item, TableName=self._table, Key={"userId": {"S": username}})


@pytest.fixture
def table(aws: Clients, outputs: dict[str, Any]) -> PresenceTable:
    return PresenceTable(aws("dynamodb"), outputs["tables"]["Presence"])


async def until_heard(listener: ChatClient, username: str, *, online: bool) -> None:
    await listener.expect("presence", username=username, online=online)


def heard_of(listener: ChatClient, *usernames: str) -> list[tuple[str, bool]]:
    """What a listener has heard, and not yet taken, of who came (True) and who went, in order."""
    changes = [change for push in listener.arrived("presence") for change in push.get("changes", [push])]
    return [(each["username"], each["online"]) for each in changes if each["username"] in usernames]


async def test_the_lobby_hears_who_comes_and_who_goes(chat: Chat) -> None:
    """Everybody who is there hears a user come online and go offline, with the name that is shown."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    (eve,) = await chat.join("lobby", "Eve")
    for listener in (ann, bob):
        push = await listener.expect("presence", username=eve.username)
        assert push == {"type": "presence", "username": eve.username, "online": True}
    await eve.close()
    for listener in (ann, bob):
        await until_heard(listener, eve.username, online=False)


async def test_only_the_first_window_comes_and_only_the_last_one_goes(chat: Chat) -> None:
    """A user is there while any connection is; what is between first and last is nobody's news."""
    (ann,) = await chat.join("lobby", "ann")
    name = chat.name("bob")
    windows = [await chat.connect(guest=name) for _ in range(3)]
    for window in windows[:2]:
        await window.close()
    await until(lambda: chat.rows(f"~{name}"), lambda rows: len(rows) == 1, "one window is left")
    await windows[2].close()
    await until_heard(ann, f"~{name}", online=True)
    await until_heard(ann, f"~{name}", online=False)
    assert heard_of(ann, f"~{name}") == []


async def test_two_guests_of_one_name_are_one_user(chat: Chat) -> None:
    """In whatever case the name is written; an account of that name is another user."""
    (ann,) = await chat.join("lobby", "ann")
    account = await chat.account("bob")
    first = await chat.connect(guest=account.username)
    second = await chat.connect(guest=account.username.upper())
    user = await chat.enter(account)
    await first.close()
    await user.close()
    await until_heard(ann, account.username, online=True)
    await until_heard(ann, account.username, online=False)
    assert heard_of(ann, f"~{account.username}", f"~{account.username.upper()}") == [(f"~{account.username}", True)]
    await second.close()
    await ann.expect("presence", online=False, username=f"~{account.username.upper()}")


async def test_who_vanishes_is_gone(chat: Chat) -> None:
    """A connection that is lost without a close frame is one that has closed."""
    ann, eve = await chat.join("lobby", "ann", "eve")
    await until_heard(ann, eve.username, online=True)
    await eve.vanish()
    await until_heard(ann, eve.username, online=False)


async def test_who_is_found_gone_by_a_post_is_gone(chat: Chat, table: PresenceTable) -> None:
    """Where `$disconnect` never came, the first post that is answered 410 tells."""
    ann, eve = await chat.join("lobby", "ann", "eve")
    connection, presence = await chat.row(eve), await table.row(eve.username)
    await eve.close()
    await until_heard(ann, eve.username, online=True)
    await until_heard(ann, eve.username, online=False)
    await table.put_back(presence)
    await until_heard(ann, eve.username, online=True)
    await chat.put_back(connection)
    await ann.say("is anybody there?")
    await until_heard(ann, eve.username, online=False)
    await chat.until_forgotten(eve)


async def test_whose_time_is_up_is_gone(chat: Chat, table: PresenceTable) -> None:
    """Where nobody posts either, the row's TTL tells: DynamoDB deletes it, which is a record of the stream as any."""
    ann, eve = await chat.join("lobby", "ann", "eve")
    await until_heard(ann, eve.username, online=True)
    await table.expire(eve.username)
    await until_heard(ann, eve.username, online=False)


async def test_the_list_of_members_agrees(chat: Chat) -> None:
    """Who connects reads who is there, and hears from then on who comes and goes."""
    eve, ann = await chat.join("lobby", "eve", "ann")
    shown = (await ann.ask("getMembers", "members", roomId="lobby"))["members"]
    assert {"username": eve.username, "role": "member", "status": "approved", "online": True} in shown
    await eve.close()
    await until_heard(ann, eve.username, online=False)
    shown = (await ann.ask("getMembers", "members", roomId="lobby"))["members"]
    assert eve.username not in {each["username"] for each in shown}


async def test_a_crowd_is_heard_whole(chat: Chat) -> None:
    """Of many who come at once each is told, in pushes of their own or together; and so of many who go."""
    (ann,) = await chat.join("lobby", "ann")
    names = [chat.name("crowd") for _ in range(30)]
    crowd = await asyncio.gather(*(chat.connect(guest=name) for name in names))
    users = [person.username for person in crowd]

    async def told() -> set[tuple[str, bool]]:
        return set(heard_of(ann, *users))

    await until(told, lambda heard: heard == {(user, True) for user in users}, "all were told to have come")
    await asyncio.gather(*(person.close() for person in crowd))
    both = {(user, online) for user in users for online in (True, False)}
    await until(told, lambda heard: heard == both, "all were told to have gone")
    assert len(heard_of(ann, *users)) == len(both)
