"""From a process's output to log events; the frames are awslambdaric's FramedTelemetryLogSink's."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudrig.engine.clock import Clock
from cloudrig.engine.names import Scope
from cloudrig.services.lambda_ import logs
from cloudrig.services.lambda_.logs import EnvironmentLog, LogParser, LogPipe
from tests.services.lambda_.fakes import FakeLogSink
from tests.services.lambda_.harness import until


def frame(text: str, kind: int = 0xA55A0003) -> bytes:
    message = text.encode()
    return kind.to_bytes(4, "big") + len(message).to_bytes(4, "big") + bytes(8) + message


def test_plain_output_comes_by_line() -> None:
    parser = LogParser()
    assert parser.feed(b"one\ntwo\nthr") == ["one\n", "two\n"]
    assert parser.feed(b"ee\n\n") == ["three\n", "\n"]
    assert parser.flush() == []


def test_an_unfinished_line_is_an_event_when_asked_for() -> None:
    parser = LogParser()
    assert parser.feed(b"no line feed") == []
    assert parser.flush() == ["no line feed"]
    assert parser.flush() == []


def test_a_frame_is_one_event_however_many_lines() -> None:
    trace = "[ERROR] ValueError: no\nTraceback (most recent call last):\n\u00a0\u00a0File"
    assert LogParser().feed(b"before\npart" + frame(trace) + b"after\n") == ["before\n", "part", trace, "after\n"]


@given(
    st.lists(st.one_of(st.text("aé\n", max_size=6), st.text("bö\n", max_size=6).map(lambda text: (text,)))),
    st.integers(1, 7),
)
def test_cutting_the_stream_anywhere_changes_nothing(parts: list[str | tuple[str]], step: int) -> None:
    data = b"".join(frame(part[0]) if isinstance(part, tuple) else part.encode() for part in parts)
    whole, pieces = LogParser(), LogParser()
    expected = whole.feed(data) + whole.flush()
    found = [event for at in range(0, len(data), step) for event in pieces.feed(data[at : at + step])]
    assert found + pieces.flush() == expected


def test_a_large_frame_is_one_event_however_small_the_pieces() -> None:
    """And is looked at once: an error's message of 7 MB kept everybody waiting for seconds, and its function's time ran
    out.
    """
    data, parser = frame("x" * 12_000_000) + b"after\n", LogParser()
    found = [event for at in range(0, len(data), 4096) for event in parser.feed(data[at : at + 4096])]
    assert found == ["x" * 12_000_000, "after\n"]


def test_an_endless_line_and_an_absurd_frame_are_passed_on() -> None:
    """Neither makes the engine keep what a function writes without end."""
    assert LogParser().feed(b"x" * 300_000) == ["x" * 300_000]
    absurd = (0xA55A0003).to_bytes(4, "big") + (2**32 - 1).to_bytes(4, "big") + bytes(8)
    assert LogParser().feed(absurd + b"text\n") == ["", "text\n"]


@pytest.mark.parametrize("data", [b"\xff\xfe broken\n", b"\xa5\x5a not a frame\n"])
def test_bytes_that_are_no_text_are_replaced(data: bytes) -> None:
    assert LogParser().feed(data)[0].endswith("\n")


def test_lines_wait_for_flush_and_the_tail_is_the_last_4_kb() -> None:
    sink = FakeLogSink()
    log = EnvironmentLog(sink, Clock(source=lambda: 0.0), Scope(), "/aws/lambda/f", "stream")
    log.write("before\n")
    log.start_tail()
    log.write("x" * 5000)
    log.write("end\n")
    assert sink.puts == []
    log.flush()
    assert [len(texts) for _, _, texts in sink.puts] == [3]
    tail = log.take_tail()
    assert (len(tail), tail[-6:]) == (4096, b"xxend\n")
    assert log.take_tail() == b""


async def test_a_pipe_is_read_as_it_fills_and_drained_when_asked() -> None:
    received: list[str] = []
    pipe = LogPipe(received.extend)
    os.write(pipe.write_fd, b"at once\n")
    pipe.drain()
    assert received == ["at once\n"]
    os.write(pipe.write_fd, b"later\nunfinished")
    await until(lambda: "later\n" in received)
    pipe.finish_line()
    assert received[-1] == "unfinished"
    pipe.close()


async def test_a_burst_is_taken_whole() -> None:
    received: list[str] = []
    pipe = LogPipe(received.extend)
    for _ in range(20):
        os.write(pipe.write_fd, b"x" * 99 + b"\n")
    pipe.drain()
    assert len(received) == 20
    pipe.close()


async def test_what_is_over_the_budget_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "BURST_BYTES", 1)
    received: list[str] = []
    pipe = LogPipe(received.extend)
    os.write(pipe.write_fd, b"taken\n")
    pipe.drain()
    os.write(pipe.write_fd, b"one\ntwo\nunfin")
    pipe.drain()
    pipe.finish_line()
    assert received == ["taken\n", "[cloudrig] dropped 2 lines: the function writes more than 2,097,152 bytes/s\n"]
    pipe.close()


async def test_draining_ends_though_somebody_goes_on_writing() -> None:
    pipe = LogPipe(lambda _: None)
    writer = await asyncio.create_subprocess_exec("yes", stdout=pipe.write_fd)
    pipe.drain()
    writer.kill()
    await writer.wait()
    pipe.close()


def test_the_budget_fills_again_with_time() -> None:
    budget = logs.LogBudget(0.0)
    assert budget.take(b"x" * logs.BURST_BYTES, 0.0)
    assert not budget.take(b"x", 0.0)
    assert budget.take(b"x", 0.1)
