from handlers.chat import search
from handlers.chat.files import File
from handlers.chat.messages import Message, PageRequest


class History:
    """`count` messages m0001 … of which every tenth says tea; keeps what is asked."""

    def __init__(self, count: int, at_once: int = 1000) -> None:
        said = ((number, "a cup of Tea" if number % 10 == 0 else "chatter") for number in range(1, count + 1))
        self.newest_first = [Message("r", f"m{number:05d}", "ann", text, number) for number, text in said][::-1]
        self.asked: list[int] = []
        self.at_once = at_once

    def __call__(self, before: str | None, limit: int) -> list[Message]:
        self.asked.append(limit)
        older = [each for each in self.newest_first if before is None or each.message_id < before]
        return older[: min(limit, self.at_once)]


def find(history: History, before: str | None = None, limit: int = 100) -> tuple[list[str], str | None]:
    page = search.search(history, "TEA", PageRequest("r", before, limit), "r")
    return [view["messageId"] for view in page.messages], page.next_before


def test_a_short_history_is_looked_through_at_once() -> None:
    assert find(History(35)) == (["m00010", "m00020", "m00030"], None)
    assert find(History(0)) == ([], None)


def test_pages_of_a_few_hold_the_newest_and_lead_on() -> None:
    history = History(35)
    assert find(history, limit=2) == (["m00020", "m00030"], "m00020")
    assert find(history, "m00020", limit=2) == (["m00010"], None)


def test_a_request_looks_at_so_many_and_leads_on() -> None:
    """Whatever DynamoDB gives at once: 1 MB may be a few messages."""
    for at_once in (1000, 37):
        history = History(5000, at_once)
        found, before = find(history, limit=1000)
        assert (found[0], before) == ("m03010", "m03001")
        assert max(history.asked) <= search.MAX_LOOKED_AT


def test_nothing_found_may_lead_on_too() -> None:
    page = search.search(History(2500), "coffee", PageRequest("r", None, 100), "r")
    assert (page.messages, page.next_before) == ([], "m00501")


def test_what_does_not_fit_a_frame_is_on_the_next_page() -> None:
    newest = [Message("r", f"m{number:05d}", "ann", "tea " + "😀" * 3990, number) for number in range(60, 0, -1)]

    def history(before: str | None, limit: int) -> list[Message]:
        return [each for each in newest if before is None or each.message_id < before][:limit]

    found, before = list[str](), None
    while True:
        page = search.search(history, "tea", PageRequest("r", before, 50), "r")
        found = [view["messageId"] for view in page.messages] + found
        if (before := page.next_before) is None:
            break
    assert found == [each.message_id for each in reversed(newest)]


def test_a_files_name_is_looked_at_too() -> None:
    message = Message("r", "m", "ann", "", 1, file=File("Tea.png", "image/png", 1))
    assert search.matches(message, search.folded("TEA.P"))
    assert not search.matches(message, "image")
