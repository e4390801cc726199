from typing import Any

import pytest

from tests.handlers.conftest import Ask, Enter, Load


def texts(answer: dict[str, Any]) -> list[str]:
    return [message["text"] for message in answer["messages"]]


def test_what_was_acknowledged_is_there_at_once(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    sent = ask("send_message", "c1", text="hello", clientId="k1")
    answer = ask("get_messages", "c1", roomId="lobby", requestId="r1")
    assert answer == {
        "type": "messages",
        "requestId": "r1",
        "roomId": "lobby",
        "messages": [
            {
                "roomId": "lobby",
                "messageId": sent["messageId"],
                "username": "ann",
                "text": "hello",
                "sentAt": sent["sentAt"],
                "clientId": "k1",
            }
        ],
    }


def test_pages_lead_from_the_newest_to_the_oldest(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    for number in range(5):
        ask("send_message", "c1", text=str(number))
    first = ask("get_messages", "c1", roomId="lobby", limit=2)
    second = ask("get_messages", "c1", roomId="lobby", limit=2, before=first["nextBefore"])
    last = ask("get_messages", "c1", roomId="lobby", limit=2, before=second["nextBefore"])
    assert [texts(page) for page in (first, second, last)] == [["3", "4"], ["1", "2"], ["0"]]
    assert "nextBefore" not in last


def test_50_is_the_default(ask: Ask, enter: Enter, load: Load) -> None:
    enter("c1", "ann")
    for number in range(51):
        ask("send_message", "c1", text=str(number))
    answer = ask("get_messages", "c1", roomId="lobby")
    assert texts(answer) == [str(number) for number in range(1, 51)]
    assert "nextBefore" in answer


def test_a_page_of_long_messages_fits_into_one_frame(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    for _ in range(12):
        ask("send_message", "c1", text="😀" * 4000)
    answer = ask("get_messages", "c1", roomId="lobby", limit=100)
    rest = ask("get_messages", "c1", roomId="lobby", limit=100, before=answer["nextBefore"])
    assert len(answer["messages"]) + len(rest["messages"]) == 12
    assert "nextBefore" not in rest


def test_an_empty_room_has_an_empty_history(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann", "tea")
    assert ask("get_messages", "c1", roomId="tea") == {"type": "messages", "roomId": "tea", "messages": []}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "BadRequest"),
        ({"roomId": "lobby", "limit": 0}, "BadRequest"),
        ({"roomId": "lobby", "limit": 101}, "BadRequest"),
        ({"roomId": "lobby", "limit": "5"}, "BadRequest"),
        ({"roomId": "lobby", "before": "yesterday"}, "BadRequest"),
        ({"roomId": "coffee"}, "RoomNotFound"),
    ],
)
def test_bad_input_is_refused(ask: Ask, enter: Enter, fields: dict[str, object], code: str) -> None:
    enter("c1", "ann")
    assert ask("get_messages", "c1", **fields)["code"] == code


def test_strangers_read_nothing(ask: Ask) -> None:
    assert ask("get_messages", "stranger", roomId="lobby")["code"] == "NotAMember"
