"""Levels and lengths of execution logs; their lines are in the tests of either kind of API."""

from __future__ import annotations

import pytest

from cloudrig.engine.names import Scope
from cloudrig.services.apigateway.execution_logs import ExecutionLog, Trace
from tests.services.apigateway.fakes import FakeLogs


def traced() -> Trace:
    trace = Trace("r")
    trace.info("info")
    trace.data("data")
    trace.error("error")
    return trace


@pytest.mark.parametrize(
    ("level", "data_trace", "lines"),
    [
        ("INFO", True, ["(r) info", "(r) data", "(r) error"]),
        ("INFO", False, ["(r) info", "(r) error"]),
        ("ERROR", True, ["(r) error"]),
    ],
)
def test_levels(level: str, data_trace: bool, lines: list[str]) -> None:
    logs = FakeLogs()
    ExecutionLog(logs, Scope(), "group", "api/prod").write(7, traced(), level, data_trace)
    assert logs.lines == {"group": lines}


def test_nothing_to_write() -> None:
    logs = FakeLogs()
    ExecutionLog(logs, Scope(), "group", "api/prod").write(7, Trace("r"), "INFO", True)
    assert logs.lines == {}


def test_lines_are_cut_at_1024_bytes() -> None:
    """§1.9: each event; a character is not cut in two."""
    trace = Trace("r")
    trace.info("é" * 2000)
    [line] = written(trace)
    assert len(line.encode()) in (1023, 1024)
    assert line.endswith("é")


def written(trace: Trace) -> list[str]:
    logs = FakeLogs()
    ExecutionLog(logs, Scope(), "g", "s").write(0, trace, "INFO", False)
    return logs.lines["g"]
