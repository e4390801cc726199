from tests.handlers.conftest import Ask, Enter


def test_a_reaction_is_set_and_taken_back(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    enter("c2", "bob")
    where = {"roomId": "lobby", "messageId": ask("send_message", "c1", text="hello")["messageId"]}
    reacted = ask("react", "c2", **where, emoji="👍", requestId="r1")
    assert (reacted["type"], reacted["requestId"]) == ("reacted", "r1")
    assert reacted["message"]["reactions"] == [{"emoji": "👍", "usernames": ["bob"]}]
    assert "reactions" not in ask("react", "c2", **where, emoji="👍", remove=True)["message"]
    assert ask("react", "c2", **where, emoji="up")["code"] == "BadRequest"
