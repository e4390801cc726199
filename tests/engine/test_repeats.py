"""A message that repeats does not fill the rig's log."""

from __future__ import annotations

import logging

import pytest

from cloudrig.engine import repeats
from cloudrig.engine.repeats import AT_MOST, Repeats


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("one", logging.WARNING, "", 0, message, args, None)


def test_a_few_are_written_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    kept, written = Repeats(), []
    for number in range(100):
        one = record("no room for %d", number)
        if kept.filter(one):
            written.append(one.getMessage())
    assert len(written) == AT_MOST
    assert written[0] == "no room for 0"
    now = repeats.WINDOW_S
    later = record("no room for %d", 7)
    assert kept.filter(later)
    assert later.getMessage() == "no room for 7 (95 more of these in the meantime)"


def test_other_messages_are_written() -> None:
    kept = Repeats()
    for _ in range(50):
        kept.filter(record("again"))
    assert kept.filter(record("something else"))
