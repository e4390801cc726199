import json

import pytest

from handlers.chat import messages
from handlers.chat.errors import BadRequest, TooLong
from handlers.chat.messages import Draft, Message, PageRequest
from handlers.chat.ulid import Ulids

ULIDS = Ulids()


def history(count: int, text: str = "hello") -> list[Message]:
    """`count` messages, newest first."""
    drafts = [Draft("lobby", text, None)] * count
    return [messages.compose(draft, "lobby", "ann", ULIDS.next(number)) for number, draft in enumerate(drafts)][::-1]


def test_a_draft_goes_to_the_lobby_unless_it_names_a_room() -> None:
    assert messages.draft({"text": "hi"}) == Draft("lobby", "hi", None)
    assert messages.draft({"text": "hi", "roomId": "tea", "clientId": "c1"}) == Draft("tea", "hi", "c1")


@pytest.mark.parametrize("text", ["x", " \n ", "<b>&amp;</b>", "😀" * 4000, "nul\0"])
def test_text_is_kept_as_it_is(text: str) -> None:
    assert messages.draft({"text": text}).text == text


def test_text_and_client_id_have_their_limits() -> None:
    with pytest.raises(TooLong):
        messages.draft({"text": "x" * 4001})
    with pytest.raises(TooLong):
        messages.draft({"text": "x", "clientId": "c" * 65})
    with pytest.raises(TooLong):
        messages.draft({"text": "x", "roomId": "r" * 65})
    for fields in ({}, {"text": ""}, {"text": 1}, {"text": "x", "roomId": ""}, {"text": "x", "clientId": 1}):
        with pytest.raises(BadRequest):
            messages.draft(fields)


def test_the_time_of_a_message_is_that_of_its_id() -> None:
    message = messages.compose(Draft("lobby", "hi", None), "lobby", "ann", ULIDS.next(1_795_161_841_001))
    assert message.sent_at_ms == 1_795_161_841_001


def test_a_client_id_is_shown_only_where_there_is_one() -> None:
    message = history(1)[0]
    assert "clientId" not in messages.view(message, "lobby")
    assert messages.view(Message("lobby", message.message_id, "ann", "hi", 1, "c1"), "lobby")["clientId"] == "c1"


def test_a_page_request_has_defaults_and_limits() -> None:
    before = ULIDS.next(1)
    assert messages.page_request({"roomId": "lobby"}) == PageRequest("lobby", None, 50)
    assert messages.page_request({"roomId": "lobby", "before": before, "limit": 100}) == PageRequest(
        "lobby", before, 100
    )
    for wrong in ({}, {"roomId": "lobby", "before": "yesterday"}, {"roomId": "lobby", "limit": 0}):
        with pytest.raises(BadRequest):
            messages.page_request(wrong)


def test_a_page_reads_oldest_first_and_leads_on_while_there_are_older_ones() -> None:
    newest_first = history(3)
    ids = [message.message_id for message in newest_first]
    page = messages.page(newest_first, 2, "lobby")
    assert [shown["messageId"] for shown in page.messages] == [ids[1], ids[0]]
    assert page.next_before == ids[1]
    assert messages.page(newest_first, 3, "lobby").next_before is None
    assert messages.page([], 3, "lobby") == messages.Page([], None)


def test_a_page_fits_into_one_websocket_message() -> None:
    """API Gateway carries 128 KB; what does not fit is on the next page."""
    newest_first = history(101, "😀" * 4000)
    page = messages.page(newest_first, 100, "lobby")
    assert 0 < len(page.messages) < 100
    assert len(json.dumps(page.messages, ensure_ascii=False).encode()) <= 128 * 1024
    assert page.next_before == page.messages[0]["messageId"]
