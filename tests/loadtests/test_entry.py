"""How the people of a load get in."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from loadtests.accounts import Accounts
from loadtests.entry import Entry


def test_shared_accounts_are_open_before_anybody_enters() -> None:
    """So that the cost of accounts (bcrypt) is not in what connecting costs."""
    entry, asked = Entry(Accounts(3), ramp=1000), Counter[str]()

    def post(what: str, path: str, body: dict[str, str]) -> Any:
        asked[what] += 1
        return {"token": "t"}

    def enter() -> dict[str, int]:
        entry.wait(post)
        return dict(asked)

    with ThreadPoolExecutor(9) as threads:
        seen = [entering.result() for entering in [threads.submit(enter) for _ in range(9)]]
    assert seen == [{"sign up": 3, "log in": 3}] * 9
