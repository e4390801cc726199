import json

from tests.fakes import FakeCallbackApi
from tests.handlers import events
from tests.handlers.conftest import Ask, Enter, Load
from tests.handlers.events import Context


def test_an_edit_is_answered_with_the_message(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    sent = ask("send_message", "c1", text="helo")
    where = {"roomId": "lobby", "messageId": sent["messageId"]}
    edited = ask("edit_message", "c1", **where, text="hello", requestId="r1")
    assert (edited["type"], edited["requestId"]) == ("edited", "r1")
    assert ask("get_messages", "c1", roomId="lobby")["messages"] == [edited["message"]]
    assert edited["message"]["revision"] == 1


def test_edits_count_as_messages(load: Load, enter: Enter) -> None:
    enter("c1", "ann")
    modules = {name: load(name, RATE_LIMIT="3") for name in ("send_message", "edit_message", "react", "delete_message")}

    def ask(function: str, **fields: object) -> dict[str, object]:
        body = modules[function].handler(events.frame(fields, "c1"), Context())["body"]
        return dict(json.loads(body))

    where = {"roomId": "lobby", "messageId": ask("send_message", text="helo")["messageId"]}
    assert ask("edit_message", **where, text="hello")["type"] == "edited"
    assert ask("react", **where, emoji="👍")["type"] == "reacted"
    for function, fields in (("edit_message", {"text": "x"}), ("react", {"emoji": "👍"}), ("delete_message", {})):
        assert ask(function, **where, **fields)["code"] == "RateLimited"


def test_fields_are_read_before_anything_is_looked_up(ask: Ask) -> None:
    """So that who is in no room hears of the field, and a bad request costs nothing of the limit."""
    where = {"roomId": "lobby", "messageId": "0" * 26}
    assert ask("edit_message", "nobody", **where, text="x" * 4001)["code"] == "TooLong"
    assert ask("react", "nobody", **where, emoji="a")["code"] == "BadRequest"


def test_direct_fan_out_tells_everybody_of_a_change_and_nobody_of_none(
    load: Load, enter: Enter, callbacks: FakeCallbackApi
) -> None:
    enter("c1", "ann")
    enter("c2", "bob")
    send, edit = (load(name, FANOUT="direct").handler for name in ("send_message", "edit_message"))
    sent = json.loads(send(events.frame({"text": "helo"}, "c1"), Context())["body"])
    where = {"roomId": "lobby", "messageId": sent["messageId"]}
    for text in ("helo", "hello"):
        edit(events.frame({**where, "text": text}, "c1"), Context())
    pushes = [json.loads(body) for body in callbacks.bodies("c2")]
    assert [(push["type"], push["text"]) for push in pushes] == [("message", "helo"), ("messageChanged", "hello")]
