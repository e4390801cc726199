from __future__ import annotations

from cloudrig.engine.interfaces import StreamRecord
from cloudrig.services.dynamodb.log import Log


def filled(positions: list[int], **limits: int) -> Log:
    log = Log(positions[0] - 1, **limits)
    for position in positions:
        log.append(position, StreamRecord(str(position), float(position), b"0123456789"))
    return log


def numbers(log: Log, after: int, limit: int = 100) -> list[str]:
    return [record.sequence_number for record in log.after(after, limit)]


def test_reads_after_a_position_that_may_be_missing() -> None:
    log = filled([1, 2, 5, 9])
    assert numbers(log, 0) == ["1", "2", "5", "9"]
    assert numbers(log, 3, limit=1) == ["5"]
    assert numbers(log, 9) == []


def test_the_oldest_leave_when_it_is_full() -> None:
    """What stays in memory is bounded; the floor says from where on nothing is missing."""
    log = filled(list(range(1, 101)), window_bytes=200)
    kept = numbers(log, log.floor)
    assert len(kept) <= 20
    assert kept[-1] == "100"
    assert kept[0] == str(log.floor + 1)


def test_a_record_larger_than_the_window_stays_while_it_is_the_newest() -> None:
    log = Log(0, window_bytes=5)
    log.append(1, StreamRecord("1", 1.0, b"0123456789"))
    assert numbers(log, 0) == ["1"]


def test_time_of_a_record_that_left() -> None:
    """dynoxide's clock is the machine's; the rig's may be ahead, and retention goes by the rig's."""
    log = filled(list(range(1, 101)), window_bytes=200)
    assert log.written_at(1, otherwise=0.5) >= 1.0
    assert log.written_at(log.floor, otherwise=0.5) == float(log.floor)
    assert Log(50).written_at(7, otherwise=0.5) == 0.5
