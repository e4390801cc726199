"""Two loads compared by what `make load` wrote of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from cloudrig.reports import ReportError, compare


def a_load(folder: Path, name: str, p99: float, **profile: Any) -> Path:
    account = {"lost": 0, "not_stored": 0, "repeated": 0, "out_of_order": 0, "unanswered": 0, "dropped": 0}
    summary = {
        "name": "rooms", "target": "embedded", "startedAt": "2026-11-27T03:00:00+00:00", "durationS": 60.0,
        "rates": {"messagesPerS": 50.0, "deliveriesPerS": 500.0}, "account": account, "bottleneck": "Nothing.",
        "latencyMs": {"deliver": {"count": 10, "p50": 5.0, "p90": 6.0, "p99": p99, "max": 9.0}}, "failures": [],
        "profile": {"rate": 50, **profile},
    }  # fmt: skip
    (folder / name).mkdir()
    (folder / name / "summary.json").write_text(json.dumps(summary))
    return folder / name


def test_figures_stand_side_by_side_with_their_ratio(tmp_path: Path) -> None:
    text = "\n".join(compare(a_load(tmp_path, "a", 10.0), a_load(tmp_path, "b", 25.0) / "summary.json"))
    (line,) = [line for line in text.splitlines() if line.startswith("deliver p99")]
    assert line.split() == ["deliver", "p99,", "ms", "10.0", "25.0", "2.50"]
    assert "not the same load" not in text


def test_loads_that_differ_in_more_than_their_outcome_are_told_apart(tmp_path: Path) -> None:
    text = "\n".join(compare(a_load(tmp_path, "a", 1.0, typing=0.1), a_load(tmp_path, "b", 1.0, typing=0.2)))
    assert "not the same load: typing 0.1 → 0.2" in text


def test_what_is_no_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="make load"):
        list(compare(tmp_path / "nothing", tmp_path))
    (tmp_path / "odd.json").write_text("[]")
    with pytest.raises(ReportError, match="no summary of a load"):
        list(compare(tmp_path / "odd.json", tmp_path))
