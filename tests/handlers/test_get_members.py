from tests.handlers.conftest import Ask, Enter


def test_members_with_who_is_there_and_for_admins_who_asks(ask: Ask, enter: Enter) -> None:
    enter("a1", "ann")
    enter("b1", "Bob")
    enter("b2", "bob")
    enter("e1", "~eve")
    tea = ask("create_room", "a1", name="Tea")["roomId"]
    ask("join_room", "b1", roomId=tea)
    ask("join_room", "a1", roomId=tea, username="bob", decision="approve")
    ask("join_room", "e1", roomId=tea)
    ann = {"username": "ann", "role": "admin", "status": "approved", "online": True}
    bob = {"username": "Bob", "role": "member", "status": "approved", "online": True}
    eve = {"username": "~eve", "role": "member", "status": "pending", "online": False}
    assert ask("get_members", "b1", roomId=tea, requestId="r1") == {
        "type": "members",
        "roomId": tea,
        "members": [ann, bob],
        "requestId": "r1",
    }
    assert ask("get_members", "a1", roomId=tea)["members"] == [ann, bob, eve]
    assert ask("get_members", "e1", roomId=tea)["code"] == "NotAMember"


def test_an_absent_member_is_shown_as_such(ask: Ask, enter: Enter) -> None:
    enter("a1", "ann")
    tea = ask("create_room", "a1", name="Tea")["roomId"]
    enter("b1", "bob")
    ask("join_room", "b1", roomId=tea)
    ask("join_room", "a1", roomId=tea, username="bob", decision="approve")
    enter("b1", "bob", tea, expires_in_s=-1)
    online = {each["username"]: each["online"] for each in ask("get_members", "a1", roomId=tea)["members"]}
    assert online == {"ann": True, "bob": False}


def test_the_lobby_shows_who_is_there(ask: Ask, enter: Enter) -> None:
    enter("a1", "ann")
    enter("b1", "bob")
    enter("b2", "bob")
    enter("old", "eve", expires_in_s=-1)
    members = ask("get_members", "a1", roomId="lobby")["members"]
    assert [each["username"] for each in members] == ["ann", "bob"]
    assert members[0] == {"username": "ann", "role": "member", "status": "approved", "online": True}
    assert ask("get_members", "a1", roomId="lobby", after="ann")["members"] == members[1:]


def test_other_peoples_rooms_and_no_rooms(ask: Ask, enter: Enter) -> None:
    enter("a1", "ann")
    enter("b1", "bob")
    tea = ask("create_room", "a1", name="Tea")["roomId"]
    assert ask("get_members", "b1", roomId=tea)["code"] == "NotAMember"
    assert ask("get_members", "b1", roomId="no-such-room")["code"] == "RoomNotFound"
    assert ask("get_members", "b1", roomId="#user#ann")["code"] == "RoomNotFound"
    assert ask("get_members", "b1")["code"] == "BadRequest"
    assert ask("get_members", "b1", roomId="lobby", after={})["code"] == "BadRequest"
