from tests.handlers.conftest import Ask, Enter

LOBBY = {"roomId": "lobby", "name": "Lobby", "role": "member", "status": "approved"}


def test_rooms_and_requests_in_every_state(ask: Ask, enter: Enter) -> None:
    enter("a1", "ann")
    enter("b1", "bob")
    tea = ask("create_room", "a1", name="Tea")["roomId"]
    shown = {"roomId": tea, "name": "Tea"}
    assert ask("list_rooms", "b1", requestId="r1") == {"type": "rooms", "rooms": [LOBBY], "requestId": "r1"}
    ask("join_room", "b1", roomId=tea)
    assert ask("list_rooms", "b1")["rooms"] == [LOBBY, {**shown, "role": "member", "status": "pending"}]
    admins = {**shown, "role": "admin", "status": "approved"}
    assert ask("list_rooms", "a1")["rooms"] == [LOBBY, {**admins, "pending": ["bob"]}]
    ask("join_room", "a1", roomId=tea, username="bob", decision="approve")
    assert ask("list_rooms", "b1")["rooms"] == [LOBBY, {**shown, "role": "member", "status": "approved"}]
    assert ask("list_rooms", "a1")["rooms"] == [LOBBY, {**admins, "pending": []}]


def test_a_long_list_comes_in_pages(ask: Ask, enter: Enter) -> None:
    enter("a1", "ann")
    made = [ask("create_room", "a1", name=str(number))["roomId"] for number in range(51)]
    first = ask("list_rooms", "a1")
    rest = ask("list_rooms", "a1", after=first["nextAfter"])
    assert [room["roomId"] for room in first["rooms"] + rest["rooms"]] == ["lobby", *made]
    assert "nextAfter" not in rest


def test_bad_requests_and_strangers(ask: Ask, enter: Enter) -> None:
    enter("a1", "ann")
    assert ask("list_rooms", "a1", after=7)["code"] == "BadRequest"
    assert ask("list_rooms", "a1", after="r" * 65)["code"] == "TooLong"
    assert ask("list_rooms", "stranger")["code"] == "NotAMember"
