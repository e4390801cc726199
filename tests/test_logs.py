"""`cloudrig logs`: order, following, colours."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cloudrig.logs import Line, Painter, lines


class FakeLogs:
    """CloudWatch Logs with what each poll finds: function → (time in ms, text)."""

    def __init__(self, *polls: Mapping[str, list[tuple[int, str]]], ids: bool = True) -> None:
        self._polls = list(polls)
        self._ids = ids
        self._groups: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[str] = []

    def arrive(self, _seconds: float = 0) -> None:
        for function, events in (self._polls.pop(0) if self._polls else {}).items():
            group = self._groups.setdefault(f"/aws/lambda/{function}", [])
            group += [
                {"timestamp": at, "message": text + "\n"}
                | ({"eventId": f"{function}-{len(group) + n}"} if self._ids else {})
                for n, (at, text) in enumerate(events)
            ]

    def counts(self) -> dict[str, int]:
        return {group: len(events) for group, events in self._groups.items()}

    def get_paginator(self, _operation: str) -> FakeLogs:
        return self

    def paginate(self, **members: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(members["logGroupName"])
        group = self._groups.get(members["logGroupName"])
        if group is None:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "FilterLogEvents")
        yield {"events": [event for event in group if event["timestamp"] >= members["startTime"]]}


def texts(found: Iterator[Line], count: int) -> list[str]:
    return [next(found).text for _ in range(count)]


def test_all_functions_in_order_of_time() -> None:
    client = FakeLogs({"a": [(1, "first"), (3, "third")], "b": [(2, "second"), (0, "before")]})
    client.arrive()
    found = list(lines(client, {"a": "a", "b": "b", "quiet": "quiet"}, since_ms=1, follow=False))
    assert [(line.function, line.text) for line in found] == [("a", "first"), ("b", "second"), ("a", "third")]


def test_a_line_that_arrives_late_still_comes_in_its_place() -> None:
    client = FakeLogs({"a": [(10, "second"), (30, "fourth")]}, {"b": [(0, "first"), (20, "third")]}, {})
    client.arrive()
    ticks = iter(range(0, 100))
    found = lines(
        client, {"a": "a", "b": "b"}, since_ms=0, follow=True, clock=lambda: next(ticks) * 0.5, sleep=client.arrive
    )
    assert texts(found, 4) == ["first", "second", "third", "fourth"]


def test_following_shows_each_line_once() -> None:
    client = FakeLogs({"a": [(1, "one")]}, {"a": [(2, "two")]}, {}, {"a": [(3, "three")]})
    client.arrive()
    ticks = iter(range(0, 100))
    found = lines(client, {"a": "a"}, since_ms=0, follow=True, clock=lambda: float(next(ticks)), sleep=client.arrive)
    assert texts(found, 3) == ["one", "two", "three"]


def test_following_asks_only_for_groups_that_got_something() -> None:
    """A stack has dozens of functions, most of which are silent."""
    client = FakeLogs({"a": [(1, "one")], "b": [(1, "other")]}, {"a": [(2, "two")]}, {}, {"a": [(3, "three")]})
    client.arrive()
    ticks = iter(range(0, 100))
    found = lines(
        client,
        {"a": "a", "b": "b"},
        since_ms=0,
        follow=True,
        clock=lambda: float(next(ticks)),
        sleep=client.arrive,
        delivered=client.counts,
    )
    assert sorted(texts(found, 2)) == ["one", "other"]
    assert texts(found, 2) == ["two", "three"]
    assert [group.rpartition("/")[2] for group in client.asked] == ["a", "b", "a", "a"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_events_without_an_id_are_told_apart_by_what_they_say() -> None:
    """The API promises none: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html"""
    client = FakeLogs({"a": [(1, "one"), (2, "two")]}, {"a": [(3, "three")]}, {}, ids=False)
    client.arrive()
    ticks = iter(range(0, 100))
    found = lines(client, {"a": "a"}, since_ms=0, follow=True, clock=lambda: next(ticks) * 0.5, sleep=client.arrive)
    assert texts(found, 3) == ["one", "two", "three"]


def test_colours_for_terminals_only() -> None:
    line = Line(0, "ping", "[ERROR] KeyError")
    assert Painter.for_stream(Terminal(), {}).paint(line).count("\033[31m") == 1
    for stream, environ in ((io.StringIO(), {}), (Terminal(), {"NO_COLOR": "1"}), (Terminal(), {"TERM": "dumb"})):
        assert Painter.for_stream(stream, environ).paint(line) == "00:00:00.000  ping          [ERROR] KeyError"


def test_a_function_keeps_its_colour() -> None:
    painter = Painter(colours=True)
    one, other = (painter.paint(Line(0, "ping", text)).partition("ping")[0] for text in ("x", "y"))
    assert one == other
