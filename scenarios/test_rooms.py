"""Rooms: who asks, who is let in, who leaves, and who hears what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scenarios.client import ChatClient
from scenarios.patience import until
from scenarios.rooms import ROOM_ACTIONS, decide, heard_next, let_in, members, open_room, refusals, rooms_of
from scenarios.story import Chat


async def test_from_asking_to_talking(chat: Chat) -> None:
    """One opens a room, another asks, is approved, and both talk there; each hears of it what concerns them."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await ann.ask("createRoom", "room", name="Tea at four")
    room_id = room["roomId"]
    assert (room["name"], room["role"]) == ("Tea at four", "admin")
    await bob.ask("joinRoom", "joinRequested", roomId=room_id)
    request = await ann.expect("joinRequest")
    assert request == {"type": "joinRequest", "roomId": room_id, "username": bob.username}
    decided = await decide(ann, room_id, bob)
    assert (decided["username"], decided["decision"]) == (bob.username, "approve")
    verdict = await bob.expect("joinDecision")
    assert verdict == {"type": "joinDecision", "roomId": room_id, "decision": "approve"}
    joined = {"type": "member", "roomId": room_id, "username": bob.username, "change": "joined"}
    for person in (ann, bob):
        assert await person.expect("member") == joined
        person.room = room_id
    await bob.ask("typing", "ok", roomId=room_id)
    await ann.expect("typing", roomId=room_id, username=bob.username)
    sent = await bob.say("milk first")
    for person in (ann, bob):
        await person.expect("message", roomId=room_id, messageId=sent["messageId"], text="milk first")
        assert [each["text"] for each in (await person.history())["messages"]] == ["milk first"]


async def test_what_is_said_in_a_room_stays_there(chat: Chat) -> None:
    """Nobody hears anything of a room who is not in it: not the lobby, not who asks."""
    ann, bob, eve, joe = await chat.join("lobby", "ann", "bob", "eve", "joe")
    room = await open_room(ann)
    await let_in(ann, bob)
    await eve.ask("joinRoom", "joinRequested", roomId=room)
    sent = await ann.say("between us")
    await bob.expect("message", messageId=sent["messageId"])
    for outsider in (eve, joe):
        assert await heard_next(outsider, room, joe) == []
        assert await refusals(outsider, room) == {"NotAMember"}
        assert not outsider.arrived("joinRequest", roomId=room)


async def test_who_is_rejected_hears_it_and_stays_out(chat: Chat) -> None:
    """The room hears nothing of a rejection, and the asker may ask again."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    room = await open_room(ann)
    await let_in(ann, eve)
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    assert (await decide(ann, room, bob, "reject"))["decision"] == "reject"
    await bob.expect("joinDecision", roomId=room, decision="reject")
    assert await refusals(bob, room) == {"NotAMember"}
    assert room not in await rooms_of(bob)
    assert not [each for each in await heard_next(eve, room, ann) if each.get("username") == bob.username]
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    await ann.expect("joinRequest", username=bob.username)
    await ann.expect("joinRequest", username=bob.username)


async def test_asking_twice_is_asking_once(chat: Chat) -> None:
    """A second request is answered like the first, and the admin is not bothered again."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    room = await open_room(ann)
    for _ in range(2):
        await bob.ask("joinRoom", "joinRequested", roomId=room)
    await eve.ask("joinRoom", "joinRequested", roomId=room)
    await ann.expect("joinRequest", username=eve.username)
    assert len(ann.arrived("joinRequest", username=bob.username)) == 1
    assert (await rooms_of(ann))[room]["pending"] == sorted([bob.username, eve.username])


async def test_who_is_in_need_not_ask(chat: Chat) -> None:
    """Asking for a room that one is in is answered with the room: the lobby's, everybody's, too."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(ann)
    await let_in(ann, bob)
    mine = await ann.ask("joinRoom", "room", roomId=room)
    assert (mine["name"], mine["role"]) == ("Tea", "admin")
    assert (await bob.ask("joinRoom", "room", roomId=room))["role"] == "member"
    assert (await bob.ask("joinRoom", "room", roomId="lobby"))["name"] == "Lobby"


# --- absence ---


async def test_a_request_waits_for_an_absent_admin(chat: Chat) -> None:
    """Nothing that happens while the admin is away is lost: the request is in both lists on return."""
    account = await chat.account("ann")
    ann = await chat.enter(account)
    (bob,) = await chat.join("lobby", "bob")
    room = await open_room(ann)
    await ann.close()
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    ann = await chat.enter(account)
    assert (await rooms_of(ann))[room]["pending"] == [bob.username]
    assert (await members(ann, room))[bob.username] == ("member", "pending")
    await decide(ann, room, bob)
    await bob.expect("joinDecision", roomId=room, decision="approve")


async def test_who_is_approved_while_away_is_in_on_return(chat: Chat) -> None:
    """The decision holds for connections that come later; they are in the room from the start."""
    account = await chat.account("bob")
    bob = await chat.enter(account)
    (ann,) = await chat.join("lobby", "ann")
    room = await open_room(ann)
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    await bob.close()
    await decide(ann, room, bob)
    bob = await chat.enter(account, room=room)
    sent = await ann.say("welcome")
    await bob.expect("message", messageId=sent["messageId"])
    assert (await rooms_of(bob))[room]["status"] == "approved"


async def test_all_windows_of_a_user_are_in(chat: Chat) -> None:
    """Those that are open when the user is let in, and those that are opened afterwards; the founder's too."""
    bobs, anns = await chat.account("bob"), await chat.account("ann")
    people = [await chat.enter(each) for each in (anns, anns, bobs, bobs)]
    room = await open_room(people[0])
    await let_in(people[0], people[2])
    windows = [*people, await chat.enter(anns), await chat.enter(bobs)]
    sent = await people[2].say("all here?")
    for window in windows:
        await window.expect("message", roomId=room, messageId=sent["messageId"])
        await window.ask("sendMessage", "sent", roomId=room, text="here")


# --- lists ---


async def test_the_list_of_rooms_tells_what_one_is_there(chat: Chat) -> None:
    """Admin, member, waiting: each sees each room as it is to them; who asks is shown to admins only."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    room = await open_room(ann, "Tea")
    await let_in(ann, bob)
    await eve.ask("joinRoom", "joinRequested", roomId=room)
    shown: dict[str, Any] = {"roomId": room, "name": "Tea"}
    assert (await rooms_of(ann))[room] == {**shown, "role": "admin", "status": "approved", "pending": [eve.username]}
    assert (await rooms_of(bob))[room] == {**shown, "role": "member", "status": "approved"}
    assert (await rooms_of(eve))[room] == {**shown, "role": "member", "status": "pending"}
    assert (await rooms_of(eve))["lobby"]["status"] == "approved"


async def test_a_long_list_of_rooms_is_read_page_by_page(chat: Chat) -> None:
    """A page has 50 rooms; `nextAfter` leads through all of them, each once, and to an end."""
    (ann,) = await chat.join("lobby", "ann")
    rooms = [f"room-{number:02}" for number in range(51)]
    await chat.write_memberships("Tea", [(f"#user#{ann.username}", room, ann.username) for room in rooms])
    first = await ann.ask("listRooms", "rooms")
    second = await ann.ask("listRooms", "rooms", after=first["nextAfter"])
    listed = [room["roomId"] for page in (first, second) for room in page["rooms"]]
    assert listed == ["lobby", *rooms]
    assert "nextAfter" not in second


async def test_a_long_list_of_members_is_read_page_by_page(chat: Chat) -> None:
    """A page has 500 members; `nextAfter` leads through all of them, each once, and to an end."""
    (ann,) = await chat.join("lobby", "ann")
    room = await open_room(ann, "Hall")
    names = [f"~somebody-{number:04}" for number in range(510)]
    await chat.write_memberships("Hall", [(room, name, name) for name in names])
    first = await ann.ask("getMembers", "members", roomId=room)
    second = await ann.ask("getMembers", "members", roomId=room, after=first["nextAfter"])
    listed = [member["username"] for page in (first, second) for member in page["members"]]
    assert sorted(listed) == sorted([*names, ann.username])
    assert "nextAfter" not in second


async def test_more_people_ask_than_a_list_tells(chat: Chat) -> None:
    """`listRooms` names the first 40 who ask, `getMembers` all; those behind move up as others are decided about."""
    (ann,) = await chat.join("lobby", "ann")
    room = await open_room(ann)
    names = [f"~asker-{number:02}" for number in range(42)]
    await chat.write_memberships("Tea", [(room, name, name) for name in names], status="pending")
    assert (await rooms_of(ann))[room]["pending"] == names[:40]
    assert {name for name, (_, status) in (await members(ann, room)).items() if status == "pending"} == set(names)
    for name in names[:3]:
        await ann.ask("joinRoom", "joinDecided", roomId=room, username=name, decision="approve")
    assert (await rooms_of(ann))[room]["pending"] == names[3:]


async def test_the_list_of_members_tells_who_is_there(chat: Chat) -> None:
    """Members with their roles and whether they are online; who asks is shown to admins only."""
    ann, bob, eve, joe = await chat.join("lobby", "ann", "bob", "eve", "joe")
    room = await open_room(ann)
    await let_in(ann, bob, joe)
    await eve.ask("joinRoom", "joinRequested", roomId=room)
    everybody = {
        ann.username: ("admin", "approved"),
        bob.username: ("member", "approved"),
        joe.username: ("member", "approved"),
    }
    assert await members(bob, room) == everybody
    assert await members(ann, room) == {**everybody, eve.username: ("member", "pending")}
    await joe.close()
    joe.room = "lobby"
    await chat.until_forgotten(joe)
    shown = (await bob.ask("getMembers", "members", roomId=room))["members"]
    assert {each["username"] for each in shown if each["online"]} == {ann.username, bob.username}


async def test_names_belong_to_nobody(chat: Chat) -> None:
    """Two people who open rooms of one name at once have two rooms."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    rooms = await asyncio.gather(open_room(ann, "Tea"), open_room(bob, "Tea"))
    assert rooms[0] != rooms[1]
    assert set(await rooms_of(ann)) == {"lobby", rooms[0]}
    assert set(await rooms_of(bob)) == {"lobby", rooms[1]}


# --- leaving ---


async def test_who_leaves_is_out_with_all_windows(chat: Chat) -> None:
    """From the answer on nothing of the room reaches the leaver; the room hears who has left."""
    account = await chat.account("bob")
    desk, phone = await chat.enter(account), await chat.enter(account)
    ann, eve = await chat.join("lobby", "ann", "eve")
    room = await open_room(ann)
    await let_in(ann, desk, eve)
    await desk.ask("leaveRoom", "left", roomId=room)
    for person in (ann, eve, phone):
        left = await person.expect("member", change="left")
        assert left == {"type": "member", "roomId": room, "username": account.username, "change": "left"}
    sent = await ann.say("is he gone?")
    await eve.expect("message", messageId=sent["messageId"])
    for window in (desk, phone):
        assert not [each for each in await heard_next(window, room, ann) if each["type"] == "message"]
        assert await refusals(window, room) == {"NotAMember"}
        assert room not in await rooms_of(window)
    again = await chat.enter(account)
    assert await refusals(again, room) == {"NotAMember"}


async def test_the_last_admin_hands_over_to_the_longest_standing_member(chat: Chat) -> None:
    """Whoever has been in longest becomes admin, hears it with everybody, and finds the requests that wait."""
    ann, bob, eve, joe = await chat.join("lobby", "ann", "bob", "eve", "joe")
    room = await open_room(ann)
    await eve.ask("joinRoom", "joinRequested", roomId=room)
    await let_in(ann, bob)
    await decide(ann, room, eve)
    await joe.ask("joinRoom", "joinRequested", roomId=room)
    await ann.ask("leaveRoom", "left", roomId=room)
    for person in (bob, eve):
        await person.expect("member", username=ann.username, change="left")
        await person.expect("member", username=bob.username, change="admin")
    assert (await rooms_of(bob))[room]["pending"] == [joe.username]
    assert (await rooms_of(eve))[room]["role"] == "member"
    await decide(bob, room, joe)
    await joe.expect("joinDecision", decision="approve")


async def test_a_room_without_members_is_deleted(chat: Chat) -> None:
    """With the requests that waited there: whoever asks for it hears that there is no such room."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(ann)
    await ann.say("last words")
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    await ann.ask("leaveRoom", "left", roomId=room)
    assert room not in await rooms_of(bob)
    for person in (ann, bob):
        assert await refusals(person, room) == {"RoomNotFound"}
        for action in ("joinRoom", "leaveRoom"):
            assert (await person.request(action, roomId=room))["code"] == "RoomNotFound"


async def test_a_request_can_be_taken_back(chat: Chat) -> None:
    """`leaveRoom` of who only waits; the admin who decides afterwards is told that nobody asks."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(ann)
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    await bob.ask("leaveRoom", "left", roomId=room)
    assert (await rooms_of(ann))[room]["pending"] == []
    decision = await ann.request("joinRoom", roomId=room, username=bob.username, decision="approve")
    assert decision["code"] == "NotAMember"


async def test_a_vanished_member_is_forgotten_in_every_room(chat: Chat) -> None:
    """A lost connection is removed from all its rooms; the user stays a member."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(ann)
    await let_in(ann, bob)
    await bob.vanish()
    await chat.until_forgotten(bob)
    bob.room = "lobby"
    await chat.until_forgotten(bob)
    assert (await members(ann, room))[bob.username] == ("member", "approved")


# --- at the same time ---


async def test_of_two_decisions_at_once_one_holds(chat: Chat) -> None:
    """Two windows of the admin decide at the same moment, one yes, one no: both are told the same, the asker hears one
    decision, and that is how it is.
    """
    account = await chat.account("ann")
    desk, phone = await chat.enter(account), await chat.enter(account)
    (bob, *others) = await chat.join("lobby", "bob", "eve", "joe", "tim")
    room = await open_room(desk)
    for asker in (bob, *others):
        await asker.ask("joinRoom", "joinRequested", roomId=room)
        answers = await asyncio.gather(decide(desk, room, asker), decide(phone, room, asker, "reject"))
        (decision,) = {answer["decision"] for answer in answers}
        await asker.expect("joinDecision", roomId=room, decision=decision)
        assert (room in await rooms_of(asker)) == (decision == "approve")
        assert not asker.arrived("joinDecision")


async def test_who_leaves_while_being_approved_is_out(chat: Chat) -> None:
    """Whichever comes first: who takes the request back, or leaves at once as a member, is not in."""
    ann, *askers = await chat.join("lobby", "ann", "bob", "eve", "joe", "tim")
    room = await open_room(ann)
    for asker in askers:
        await asker.ask("joinRoom", "joinRequested", roomId=room)
        decision, _ = await asyncio.gather(
            ann.request("joinRoom", roomId=room, username=asker.username, decision="approve"),
            asker.ask("leaveRoom", "left", roomId=room),
        )
        assert decision.get("decision", decision.get("code")) in {"approve", "NotAMember"}
        assert await refusals(asker, room) == {"NotAMember"}
        assert await chat.rows(asker.username, room) == []
    assert await members(ann, room) == {ann.username: ("admin", "approved")}


async def test_who_connects_while_being_approved_is_in(chat: Chat) -> None:
    """A window that opens in the very moment is in the room like all others."""
    (ann,) = await chat.join("lobby", "ann")
    room = await open_room(ann)
    for who in ("bob", "eve", "joe"):
        name = chat.name(who)
        desk = await chat.connect(guest=name)
        await desk.ask("joinRoom", "joinRequested", roomId=room)
        phone, _ = await asyncio.gather(chat.connect(guest=name), decide(ann, room, desk))
        sent = await ann.say("hello")
        for window in (desk, phone):
            await window.expect("message", roomId=room, messageId=sent["messageId"])


async def test_who_connects_while_leaving_is_out(chat: Chat) -> None:
    """A window that opens has read the user's rooms when another leaves one of them: it gets no place there, since that
    is given only together with the condition that the user is a member.
    """
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(ann)
    await let_in(ann, bob)
    read_before = await chat.listed(bob.username, room)
    await bob.ask("leaveRoom", "left", roomId=room)
    await chat.list_again(read_before)
    phone = await chat.connect(guest=bob.username.removeprefix("~"))
    assert await chat.rows(bob.username, room) == []
    assert await refusals(phone, room) == {"NotAMember"}


async def test_a_room_that_everybody_leaves_at_once_ends(chat: Chat) -> None:
    """Admins hand over to people who are leaving too: nobody is stuck, and no room without an admin is left behind."""
    people = ann, *others = await chat.join("lobby", "ann", "bob", "eve", "joe")
    room = await open_room(ann)
    await let_in(ann, *others)
    await asyncio.gather(*(person.ask("leaveRoom", "left", roomId=room) for person in people))
    assert (await ann.request("joinRoom", roomId=room))["code"] == "RoomNotFound"


async def test_many_ask_at_once(chat: Chat) -> None:
    """Nobody's request is lost, and each is told to the admin once."""
    ann, *askers = await chat.join("lobby", "ann", *[f"user{number}" for number in range(12)])
    room = await open_room(ann)
    await asyncio.gather(*(asker.ask("joinRoom", "joinRequested", roomId=room) for asker in askers))
    for asker in askers:
        await ann.expect("joinRequest", roomId=room, username=asker.username)
    assert not ann.arrived("joinRequest")
    assert set((await rooms_of(ann))[room]["pending"]) == {asker.username for asker in askers}


# --- people who want what is not theirs ---


async def test_nobody_lets_themself_in(chat: Chat) -> None:
    """Deciding is for admins of that room: not for who asks, who is a member, or who is admin elsewhere."""
    ann, bob, eve, joe = await chat.join("lobby", "ann", "bob", "eve", "joe")
    room = await open_room(ann)
    await open_room(joe)
    await let_in(ann, eve)
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    for decider in (bob, eve, joe):
        for decision in ("approve", "reject"):
            answer = await decider.request("joinRoom", roomId=room, username=bob.username, decision=decision)
            assert answer["code"] == "NotAdmin", decider
    assert await refusals(bob, room) == {"NotAMember"}
    assert (await rooms_of(bob))[room]["status"] == "pending"


async def test_an_admin_who_has_left_decides_no_more(chat: Chat) -> None:
    """The role goes with the membership."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    room = await open_room(ann)
    await let_in(ann, bob)
    await eve.ask("joinRoom", "joinRequested", roomId=room)
    await ann.ask("leaveRoom", "left", roomId=room)
    answer = await ann.request("joinRoom", roomId=room, username=eve.username, decision="approve")
    assert answer["code"] == "NotAdmin"


async def test_a_guest_is_not_the_admin_of_that_name(chat: Chat) -> None:
    """The guest `~ann` has nothing of the account `ann`: no rooms, and no say."""
    account = await chat.account("ann")
    ann, guest = await chat.enter(account), await chat.connect(guest=account.username)
    (bob,) = await chat.join("lobby", "bob")
    room = await open_room(ann)
    await bob.ask("joinRoom", "joinRequested", roomId=room)
    assert room not in await rooms_of(guest)
    assert await refusals(guest, room) == {"NotAMember"}
    answer = await guest.request("joinRoom", roomId=room, username=bob.username, decision="approve")
    assert answer["code"] == "NotAdmin"


async def test_nobody_acts_for_another(chat: Chat) -> None:
    """Who asks or leaves is told by the connection; what else the request says about it is ignored."""
    ann, bob, eve = await chat.join("lobby", "ann", "bob", "eve")
    room = await open_room(ann)
    await let_in(ann, bob)
    assert (await eve.request("leaveRoom", roomId=room, username=bob.username))["code"] == "NotAMember"
    other = await eve.ask("createRoom", "room", name="Mine", roomId=room, username=ann.username, role="member")
    assert other["roomId"] != room
    assert (await members(eve, other["roomId"])) == {eve.username: ("admin", "approved")}
    assert set(await members(ann, room)) == {ann.username, bob.username}


@pytest.mark.parametrize("prefix", ["#user#", "#sends#", "#", "#room"])
async def test_rows_that_are_no_room_are_no_room(chat: Chat, prefix: str) -> None:
    """The tables hold more than rooms under `roomId`; no action gets at it by naming its key."""
    (ann,) = await chat.join("lobby", "ann")
    await open_room(ann)
    await ann.say("so that there is something")
    for key in (f"{prefix}{ann.username}", prefix):
        for action in (*ROOM_ACTIONS, "joinRoom", "leaveRoom"):
            assert (await ann.request(action, roomId=key, text="x"))["code"] == "RoomNotFound", action


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "'; DROP TABLE Rooms; --", "#room", "\u202egnp.exe", " "]
)
async def test_a_name_is_only_a_name(chat: Chat, name: str) -> None:
    """Whatever it looks like, it comes back as it was given."""
    (ann,) = await chat.join("lobby", "ann")
    room = await open_room(ann, name)
    assert (await rooms_of(ann))[room]["name"] == name


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("createRoom", {}, "BadRequest"),
        ("createRoom", {"name": ""}, "BadRequest"),
        ("createRoom", {"name": ["Tea"]}, "BadRequest"),
        ("createRoom", {"name": "x" * 65}, "TooLong"),
        ("joinRoom", {}, "BadRequest"),
        ("joinRoom", {"roomId": 7}, "BadRequest"),
        ("joinRoom", {"roomId": "r" * 65}, "TooLong"),
        ("joinRoom", {"roomId": "no-such-room"}, "RoomNotFound"),
        ("joinRoom", {"roomId": "lobby", "username": "bob"}, "BadRequest"),
        ("joinRoom", {"roomId": "lobby", "decision": "approve"}, "BadRequest"),
        ("joinRoom", {"roomId": "lobby", "username": "bob", "decision": "admin"}, "BadRequest"),
        ("joinRoom", {"roomId": "lobby", "username": "#room", "decision": "approve"}, "BadRequest"),
        ("joinRoom", {"roomId": "lobby", "username": "b" * 34, "decision": "approve"}, "TooLong"),
        ("joinRoom", {"roomId": "lobby", "username": "bob", "decision": "approve"}, "NotAdmin"),
        ("joinRoom", {"roomId": "no-such-room", "username": "bob", "decision": "approve"}, "RoomNotFound"),
        ("leaveRoom", {}, "BadRequest"),
        ("leaveRoom", {"roomId": "lobby"}, "BadRequest"),
        ("leaveRoom", {"roomId": "no-such-room"}, "RoomNotFound"),
        ("getMembers", {}, "BadRequest"),
        ("getMembers", {"roomId": "lobby", "after": 7}, "BadRequest"),
        ("getMembers", {"roomId": "no-such-room"}, "RoomNotFound"),
        ("listRooms", {"after": "r" * 65}, "TooLong"),
    ],
)
async def test_a_bad_request_changes_nothing(chat: Chat, action: str, fields: dict[str, object], code: str) -> None:
    """Each is answered with the code that says why, and nobody is in another room than before."""
    (ann,) = await chat.join("lobby", "ann")
    assert (await ann.request(action, **fields))["code"] == code
    assert set(await rooms_of(ann)) == {"lobby"}


async def test_a_connection_whose_time_is_up_counts_as_absent(chat: Chat) -> None:
    """DynamoDB may take days to remove an expired row; until then it lets nobody speak, and nobody is told there."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    row = await chat.row(bob)
    await chat.put_back({**row, "expiresAt": {"N": str(int(row["connectedAt"]["N"]) // 1000 - 60)}})
    assert await refusals(bob, "lobby") == {"NotAMember"}
    for action in ("createRoom", "listRooms"):
        assert (await bob.request(action, name="Tea"))["code"] == "NotAMember"
    online = (await ann.ask("getMembers", "members", roomId="lobby"))["members"]
    assert bob.username not in {each["username"] for each in online}


async def test_an_admin_cannot_let_in_who_has_not_asked(chat: Chat) -> None:
    """Nobody finds themself in a room against their will."""
    ann, bob = await chat.join("lobby", "ann", "bob")
    room = await open_room(ann)
    answer = await ann.request("joinRoom", roomId=room, username=bob.username, decision="approve")
    assert answer["code"] == "NotAMember"
    assert set(await rooms_of(bob)) == {"lobby"}


async def test_decisions_and_departures_find_who_is_gone(chat: Chat) -> None:
    """A row of a connection that was lost without a word may stand in a room, too: the next thing that is told there
    removes it, whichever function tells it, and nobody else's.
    """
    account = await chat.account("ann")
    (bob,) = await chat.join("lobby", "bob")
    desk, phone = await chat.enter(account), await chat.enter(account)
    room = await open_room(desk)
    lost = await _lose(chat, account.username, room, desk, phone)
    await chat.put_back(lost)
    await let_in(desk, bob)
    await until(lambda: chat.rows(account.username, room), lambda rows: len(rows) == 1, "the lost one is forgotten")
    await chat.put_back(lost)
    await bob.ask("leaveRoom", "left", roomId=room)
    await until(lambda: chat.rows(account.username, room), lambda rows: len(rows) == 1, "and once more")
    await desk.ask("getMembers", "members", roomId=room)


async def _lose(chat: Chat, username: str, room: str, desk: ChatClient, phone: ChatClient) -> dict[str, Any]:
    """Close the phone; the row that it had in the room."""
    before = await chat.rows(username, room)
    assert len(before) == 2
    await phone.close()
    (left,) = await until(lambda: chat.rows(username, room), lambda rows: len(rows) == 1, f"{phone} left {room}")
    (lost,) = [row for row in before if row["connectionId"] != left["connectionId"]]
    return lost
