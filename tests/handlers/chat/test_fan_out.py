import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from handlers.chat import direct
from handlers.chat.attendance import Attendance
from handlers.chat.delivery import Courier, Outcome
from handlers.chat.fan_out import Entry, FanOut
from handlers.chat.messages import Message
from handlers.chat.rooms import Connection
from tests.handlers.chat.memory import PresenceInMemory
from tests.handlers.chat.test_delivery import Line
from tests.handlers.chat.test_rooms import NOW_MS, House, connection


class ReadCounted(House):
    reads: list[str]

    def in_room(self, room_id: str) -> Iterable[Connection]:
        self.reads.append(room_id)
        return super().in_room(room_id)

    def listeners(self, room_key: str, now_ms: int) -> list[Connection]:
        return Attendance(self, PresenceInMemory({"bob": ["bob"], "~eve": []})).listeners(room_key, now_ms)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def house() -> ReadCounted:
    rows = [connection("lobby", "ann"), connection("lobby", "bob"), connection("lobby", "old", 0)]
    house = ReadCounted([*rows, connection("tea", "bob"), connection("tea", "eve")])
    house.reads = []
    return house


def entry(number: int, room_id: str = "lobby") -> Entry:
    return Entry(str(number), Message(room_id, f"m{number}", "ann", "hi", NOW_MS))


def heard(line: Line, connection_id: str) -> list[str]:
    return [json.loads(body)["messageId"] for body in line.got[connection_id]]


def test_each_room_hears_its_messages_in_order(house: ReadCounted, line: Line) -> None:
    report = FanOut(house.listeners, Courier(house.forget, line)).run([entry(1), entry(2, "tea"), entry(3)], NOW_MS, 0)
    assert heard(line, "ann") == ["m1", "m3"]
    assert sorted(heard(line, "bob")) == ["m1", "m2", "m3"]
    assert heard(line, "eve") == ["m2"]
    assert heard(line, "old") == []
    assert (report.messages, report.connections, report.delivered, report.failed_at) == (3, 4, 6, None)
    assert report.outcomes == {"delivered": 4}


def test_a_push_is_the_message(house: ReadCounted, line: Line) -> None:
    FanOut(house.listeners, Courier(house.forget, line)).run([entry(1)], NOW_MS, 0)
    assert json.loads(line.got["ann"][0]) == {
        "type": "message",
        "roomId": "lobby",
        "messageId": "m1",
        "username": "ann",
        "text": "hi",
        "sentAt": NOW_MS,
    }


def test_a_room_is_read_once_a_batch(house: ReadCounted, line: Line) -> None:
    FanOut(house.listeners, Courier(house.forget, line)).run([entry(number) for number in range(9)], NOW_MS, 0)
    assert house.reads == ["lobby"]


def test_a_gone_connection_is_no_failure(house: ReadCounted, line: Line) -> None:
    for user in ("ann", "bob"):
        line.scripts[user].append(Outcome.GONE)
    report = FanOut(house.listeners, Courier(house.forget, line)).run([entry(1)], NOW_MS, 0)
    assert report.failed_at is None
    assert house.get("lobby", "ann") is None
    assert house.get("tea", "bob") is None
    assert house.get("tea", "eve") is not None


def test_a_connection_that_stays_unavailable_is_closed_so_that_its_client_comes_back(
    house: ReadCounted, line: Line
) -> None:
    line.scripts["bob"].extend([Outcome.UNAVAILABLE] * 1000)
    report = FanOut(house.listeners, Courier(house.forget, line)).run([entry(1)], NOW_MS, 0.1)
    assert line.closed == ["bob"]
    assert heard(line, "ann") == ["m1"]
    assert report.failed_at is None


def test_when_nothing_gets_through_the_batch_is_handed_in_again_from_there(house: ReadCounted, line: Line) -> None:
    for user in ("ann", "bob", "eve"):
        line.scripts[user].extend([Outcome.UNAVAILABLE] * 1000)
    report = FanOut(house.listeners, Courier(house.forget, line)).run(
        [entry(1, "empty room"), entry(2), entry(3, "tea")], NOW_MS, 0.1
    )
    assert report.failed_at == "2"
    assert line.closed == []


def test_where_nobody_hands_it_in_again_all_who_stay_unavailable_are_closed(house: ReadCounted, line: Line) -> None:
    for user in ("ann", "bob"):
        line.scripts[user].extend([Outcome.UNAVAILABLE] * 1000)
    fan_out = FanOut(house.listeners, Courier(house.forget, line), handed_in_again=False)
    report = fan_out.run([entry(1)], NOW_MS, 0.1)
    assert sorted(line.closed) == ["ann", "bob"]
    assert (report.delivered, report.unreached, report.failed_at) == (0, 2, None)


def test_an_empty_room_and_an_empty_batch_are_no_failure(house: ReadCounted, line: Line) -> None:
    assert (
        FanOut(house.listeners, Courier(house.forget, line)).run([entry(1, "empty room")], NOW_MS, 0).failed_at is None
    )
    assert FanOut(house.listeners, Courier(house.forget, line)).run([], NOW_MS, 0).failed_at is None


def test_a_changed_message_is_told_as_such(house: ReadCounted, line: Line) -> None:
    changed = replace(entry(1).message, text="hello", edited_at_ms=NOW_MS + 1, revision=1)
    FanOut(house.listeners, Courier(house.forget, line)).run([Entry("1", changed)], NOW_MS, 0)
    told = json.loads(line.got["ann"][0])
    assert (told["type"], told["text"], told["editedAt"], told["revision"]) == (
        "messageChanged",
        "hello",
        NOW_MS + 1,
        1,
    )


def test_direct_messages_reach_the_two_each_under_the_others_name(house: ReadCounted, line: Line) -> None:
    house.rows = [replace(connection("lobby", name), username=name) for name in ("Ann", "bob", "~eve")]
    presence = PresenceInMemory({"ann": ["Ann"], "bob": ["bob"], "~eve": ["~eve"]})
    message = Message(direct.key_of("Ann", "bob"), "m1", "Ann", "hi", NOW_MS)
    FanOut(Attendance(house, presence).listeners, Courier(house.forget, line)).run([Entry("1", message)], NOW_MS, 0)
    told = {name: json.loads(bodies[0])["roomId"] for name, bodies in line.got.items() if bodies}
    assert told == {"Ann": "@bob", "bob": "@ann"}
