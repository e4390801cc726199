"""The report as HTML: stands alone, and shows text from outside as text."""

import re
from html.parser import HTMLParser

from loadtests import page, summary
from loadtests.ledger import Ledger
from loadtests.outcome import Course, Limits, outcome
from loadtests.profiles import PROFILES

HOSTILE = "<script>alert(1)</script>"


def an_outcome(trouble: str = "") -> dict[str, object]:
    ledger = Ledger()
    ledger.connected("ann#0", "lobby", 0.0)
    for number in range(3):
        ledger.sent(f"ann/{number}", "lobby", 1.0 + number, 1.0 + number)
        ledger.answered(f"ann/{number}", "sent")
        ledger.heard("ann#0", "ann", number, 1.1 + number)
        ledger.measured("deliver", 100.0, 1.1 + number)
    ledger.stored("lobby", ["ann/0", "ann/1", "ann/2"])
    if trouble:
        ledger.trouble[trouble] += 1
    sample = {
        "at": 1.0, "span_s": 1.0, "generator_cores": 0.1, "generator_bytes": 10**7, "connections": 1,
        "engine_cores": 0.2, "engine_bytes": 10**8,
        "environments": 2, "children_cores": {"functions": 0.3},
    }  # fmt: skip
    cost = {"usd": 0.0123, "maxUsd": 1.0, "region": "eu-west-1"}
    course = Course(ended_at=3.0, samples=[sample], cost=cost)
    return outcome(PROFILES["smoke"], ledger, course, name="smoke", target=HOSTILE, started_at=0.0, limits=Limits())


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_it_has_its_pictures_and_asks_for_nothing() -> None:
    html = page.render(an_outcome(), [100.0, 100.0, 100.0])
    tags = _Tags()
    tags.feed(html)
    assert tags.seen.count("svg") == 8
    assert not {"script", "link", "img", "iframe"} & set(tags.seen)
    assert not re.search(r"(?:src|href)=|https?://|url\(", html)


def test_text_from_outside_is_text() -> None:
    html = page.render(an_outcome(trouble=HOSTILE), [])
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html


def test_what_it_came_to_on_aws_is_said() -> None:
    words = "On AWS it came to $0.0123 at the most"
    assert words in page.render(an_outcome(), [])
    assert words in summary.render(an_outcome())


def test_the_table_says_the_same() -> None:
    text = summary.render(an_outcome(trouble="connect: refused"))
    assert "messages     3 sent · 3 acknowledged · 0 refused · 0 unanswered" in text
    assert "1 × connect: refused" in text
    assert text.endswith("Nothing that was acknowledged was lost.\n")
