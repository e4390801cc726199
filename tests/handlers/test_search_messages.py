from tests.handlers.conftest import Ask, Enter


def test_a_search_finds_the_rooms_messages(ask: Ask, enter: Enter) -> None:
    enter("c1", "ann")
    for text in ("a cup of Tea", "coffee", "teapot"):
        ask("send_message", "c1", text=text)
    found = ask("search_messages", "c1", roomId="lobby", query="TEA", requestId="r1")
    assert (found["type"], found["roomId"], found["requestId"]) == ("found", "lobby", "r1")
    assert [message["text"] for message in found["messages"]] == ["a cup of Tea", "teapot"]
    assert "nextBefore" not in found
    assert ask("search_messages", "c1", roomId="tea", query="x")["code"] == "RoomNotFound"
