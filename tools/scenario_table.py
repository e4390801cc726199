"""`tools/scenario_table.py TARGET=REPORT.xml …` writes docs/scenarios.md: what came of each scenario on each target.

The reports are pytest's (`--junitxml`). What a report does not tell of keeps what it has.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scenarios.md"
TARGETS = ("embedded", "localstack", "rehearsal")
PASSED, FAILED, UNKNOWN = "✓", "✗", ""

Column = Mapping[str, str]
"""Scenario (`test_rooms.py::test_who_asks_waits`) → ✓, ✗ or why it was skipped."""

_HEAD = """# Scenarios on each target

Made by the suite (`tools/scenario_table.py`); parameters of one scenario are one row; what is skipped says why.
`rehearsal` is the code path of AWS, offline ([rehearsal.md](rehearsal.md)); on AWS itself nothing has been run.
A cell is empty where the scenario has not been run since it was written; `make table` runs them all.
"""


def column(report: Path) -> Column:
    """What came of each scenario, by pytest's report. One that failed once is failed, whatever became of the rest."""
    found: dict[str, str] = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        module = case.get("classname", "").rpartition("scenarios.")[2].replace(".", "/")
        name = f"{module}.py::{(case.get('name') or '').partition('[')[0]}"
        found[name] = _worse(found.get(name), _outcome(case))
    return found


def _outcome(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return FAILED
    skipped = case.find("skipped")
    if skipped is None:
        return PASSED
    return re.sub(r"^the target \w+ has no ", "no ", skipped.get("message", "skipped"))


def _worse(one: str | None, other: str) -> str:
    if FAILED in (one, other):
        return FAILED
    return one if one not in (None, PASSED) else other


def read(document: str) -> dict[str, Column]:
    """The columns of a table that is there."""
    columns: dict[str, dict[str, str]] = {target: {} for target in TARGETS}
    for line in document.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == len(TARGETS) + 1:
            for target, cell in zip(TARGETS, cells[1:], strict=True):
                columns[target][cells[0].strip("`")] = cell
    return dict(columns)


def render(columns: Mapping[str, Column]) -> str:
    """The document."""
    return "\n".join([_HEAD, *_rows(columns)]) + "\n"


def _rows(columns: Mapping[str, Column]) -> Iterator[str]:
    yield f"| scenario | {' | '.join(TARGETS)} |"
    yield f"|---|{'---|' * len(TARGETS)}"
    for scenario in sorted({scenario for column in columns.values() for scenario in column}):
        cells = [columns.get(target, {}).get(scenario, UNKNOWN) for target in TARGETS]
        yield f"| `{scenario}` | {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    columns = read(DOCUMENT.read_text()) if DOCUMENT.exists() else {}
    for argument in arguments:
        target, _, report = argument.partition("=")
        if target not in TARGETS:
            print(f"scenario_table: {target} is none of {', '.join(TARGETS)}", file=sys.stderr)
            return 2
        columns[target] = {**columns.get(target, {}), **column(Path(report))}
    DOCUMENT.write_text(render(columns))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
