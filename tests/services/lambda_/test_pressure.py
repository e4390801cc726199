"""Whether the machine has more to do than it can."""

from __future__ import annotations

import pytest

from cloudrig.services.lambda_ import pressure
from cloudrig.services.lambda_.pressure import Pressure


def test_pressure_rises_and_falls_with_what_wants_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now, runnable = 100.0, 0
    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr(pressure, "_runnable", lambda: runnable)
    monkeypatch.setattr(pressure, "_CORES", 2)
    measured = Pressure()
    assert not measured.high()
    runnable, now = 9, now + 0.05
    assert not measured.high(), "one look is not much to go by"
    now += 0.1
    assert measured.high()
    runnable, now = 0, now + 1
    assert not measured.high()


def test_it_is_read_from_this_machine() -> None:
    assert pressure._runnable() >= 0
