import json
import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace

import pytest

from handlers.chat import delivery
from handlers.chat.delivery import Courier, Outbox, Outcome, push, with_outcome
from handlers.chat.rooms import Connection
from tests.handlers.chat.test_rooms import NOW_MS, House, connection

A_B_C = (b"a", b"b", b"c")


class Line:
    """A callback API in memory: each post ends as scripted, DELIVERED when the script is through."""

    def __init__(self) -> None:
        self.scripts: dict[str, deque[Outcome]] = defaultdict(deque)
        self.got: dict[str, list[bytes]] = defaultdict(list)
        self.posts = 0
        self.closed: list[str] = []

    def post(self, connection_id: str, body: bytes) -> Outcome:
        self.posts += 1
        script = self.scripts[connection_id]
        outcome = script.popleft() if script else Outcome.DELIVERED
        if outcome is Outcome.DELIVERED:
            self.got[connection_id].append(body)
        return outcome

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)


@pytest.fixture
def line() -> Line:
    return Line()


def outboxes(*connection_ids: str, pushes: Sequence[bytes] = A_B_C) -> list[Outbox]:
    return [Outbox(connection("lobby", connection_id), pushes) for connection_id in connection_ids]


def test_everyone_gets_everything_in_order(line: Line) -> None:
    ids = [f"c{number}" for number in range(100)]
    Courier(House().forget, line).deliver(outboxes(*ids), patience_s=0)
    assert line.got == {connection_id: list(A_B_C) for connection_id in ids}


def test_an_unavailable_connection_goes_on_where_it_stopped(line: Line) -> None:
    line.scripts["ann"].extend([Outcome.DELIVERED, Outcome.UNAVAILABLE, Outcome.UNAVAILABLE])
    boxes = outboxes("ann", "bob")
    Courier(House().forget, line).deliver(boxes, patience_s=5)
    assert line.got["ann"] == line.got["bob"] == list(A_B_C)
    assert [box.delivered for box in boxes] == [3, 3]


def test_without_patience_there_is_one_attempt(line: Line) -> None:
    line.scripts["ann"].append(Outcome.UNAVAILABLE)
    boxes = outboxes("ann")
    Courier(House().forget, line).deliver(boxes, patience_s=0)
    assert line.posts == 1
    assert with_outcome(Outcome.UNAVAILABLE, boxes) == boxes


def test_patience_ends(line: Line) -> None:
    line.scripts["ann"].extend([Outcome.UNAVAILABLE] * 10_000)
    boxes = outboxes("ann", "bob")
    Courier(House().forget, line).deliver(boxes, patience_s=0.2)
    assert [box.outcome for box in boxes] == [Outcome.UNAVAILABLE, Outcome.DELIVERED]
    assert 1 < line.posts < 50  # paused in between


def test_a_gone_connection_is_forgotten_and_nobody_else(line: Line) -> None:
    line.scripts["eve"].append(Outcome.GONE)
    house = House([connection(room, user) for room in ("lobby", "tea") for user in ("ann", "eve")])
    Courier(house.forget, line).deliver(outboxes("ann", "eve"), patience_s=5)
    assert {row.connection_id for row in house.rows} == {"ann"}
    assert line.posts == 4  # eve was tried once


def test_a_connection_that_may_be_opening_is_not_forgotten(line: Line) -> None:
    """API Gateway answers 410 until the handshake is through; who is forgotten then would be in no room for ever."""
    line.scripts["eve"].append(Outcome.GONE)
    eve = connection("lobby", "eve")
    house = House([eve])
    Courier(house.forget, line).deliver([Outbox(eve, A_B_C, opening=True)], patience_s=5)
    assert house.rows == [eve]


def test_a_refused_push_does_not_keep_the_next_from_coming(line: Line) -> None:
    line.scripts["ann"].append(Outcome.REFUSED)
    (box,) = outboxes("ann")
    Courier(House().forget, line).deliver([box], patience_s=5)
    assert line.got["ann"] == [b"b", b"c"]
    assert (box.taken, box.delivered) == (3, 2)


def test_a_connection_that_does_not_answer_holds_up_nobody() -> None:
    class Stuck(Line):
        released = threading.Event()

        def post(self, connection_id: str, body: bytes) -> Outcome:
            if connection_id == "eve":
                assert self.released.wait(5), "the others waited for eve"
            elif connection_id == "last":
                self.released.set()
            return super().post(connection_id, body)

    line = Stuck()
    Courier(House().forget, line).deliver(outboxes("eve", *(f"c{n}" for n in range(50)), "last"), patience_s=0)
    assert len(line.got) == 52


def test_who_was_refused_for_a_moment_does_not_wait_for_who_does_not_answer() -> None:
    """Each is tried again in its own time, though another attempt is still under way."""

    class Slow(Line):
        delivered = threading.Event()

        def post(self, connection_id: str, body: bytes) -> Outcome:
            if connection_id == "eve":
                assert self.delivered.wait(5), "bob waited for eve"
            outcome = super().post(connection_id, body)
            if (connection_id, outcome) == ("bob", Outcome.DELIVERED):
                self.delivered.set()
            return outcome

    line = Slow()
    line.scripts["bob"].extend([Outcome.UNAVAILABLE] * 3)
    Courier(House().forget, line).deliver(outboxes("eve", "bob", pushes=[b"a"]), patience_s=5)
    assert line.got == {"eve": [b"a"], "bob": [b"a"]}


def test_nobody_to_deliver_to(line: Line) -> None:
    Courier(House().forget, line).deliver([], patience_s=5)
    assert line.posts == 0


def test_outboxes_are_closed_by_their_connection(line: Line) -> None:
    Courier(House().forget, line).close(outboxes("ann"))
    assert line.closed == ["ann"]


def test_a_failure_of_our_own_comes_out() -> None:
    class Broken(House):
        def forget(self, connection: Connection) -> None:
            raise RuntimeError("no table")

    line = Line()
    line.scripts["ann"].append(Outcome.GONE)
    with pytest.raises(RuntimeError):
        Courier(Broken().forget, line).deliver(outboxes("ann"), patience_s=0)


def test_outboxes_know_who_may_be_opening() -> None:
    old, young = connection("lobby", "old"), replace(connection("lobby", "young"), connected_at_ms=NOW_MS)
    assert [box.opening for box in delivery.outboxes([old, young], A_B_C, NOW_MS)] == [False, True]


def test_a_push_names_its_type() -> None:
    assert json.loads(push("typing", {"roomId": "lobby"})) == {"type": "typing", "roomId": "lobby"}
