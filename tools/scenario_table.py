"""`make table` writes docs/scenarios.md: what came of each scenario on each target.

Runs of the scenarios by make leave pytest's reports in `.cloudrig/scenarios/TARGET.RUN.xml`. The later one counts, test
by test; what no report tells of keeps what the table has.
"""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "scenarios.md"
REPORTS = ROOT / ".cloudrig" / "scenarios"
TARGETS = ("embedded", "localstack", "rehearsal")
PASSED, FAILED, UNKNOWN = "✓", "✗", ""

Column = Mapping[str, str]
"""Scenario (`test_rooms.py::test_who_asks_waits`) → ✓, ✗ or why it was skipped."""

_HEAD = """# Scenarios on each target

Made by the suite: `make test`, `make e2e TARGET=…` and `make rehearse` keep what came of each scenario; `make table`
writes it here. Parameters of one scenario are one row; what is skipped says why; an empty cell has not been run.
`rehearsal` is the code path of AWS, offline ([rehearsal.md](rehearsal.md)); on AWS itself nothing has been run.
"""


def scenarios(folder: Path = ROOT / "scenarios") -> set[str]:
    """The scenarios that there are."""
    return {
        f"{path.relative_to(folder)}::{each.name}"
        for path in folder.rglob("test_*.py")
        for each in ast.parse(path.read_text()).body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_")
    }


def column(reports: Iterable[Path]) -> Column:
    """What came of each scenario, by pytest's reports, oldest first. One of whose tests one failed has failed."""
    outcomes: dict[tuple[str, str], str] = {}
    for report in reports:
        for case in ET.parse(report).getroot().iter("testcase"):
            package, _, module = case.get("classname", "").partition(".")
            if package == "scenarios":
                outcomes[f"{module.replace('.', '/')}.py", case.get("name", "")] = _outcome(case)
    found: dict[str, str] = {}
    for (file, test), outcome in outcomes.items():
        scenario = f"{file}::{test.partition('[')[0]}"
        found[scenario] = _worse(found.get(scenario), outcome)
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


def render(named: Iterable[str], columns: Mapping[str, Column]) -> str:
    """The document, a row for each scenario that is named."""
    return "\n".join([_HEAD, *_rows(named, columns)]) + "\n"


def _rows(named: Iterable[str], columns: Mapping[str, Column]) -> Iterator[str]:
    yield f"| scenario | {' | '.join(TARGETS)} |"
    yield f"|---|{'---|' * len(TARGETS)}"
    for scenario in sorted(named):
        cells = [columns.get(target, {}).get(scenario, UNKNOWN) for target in TARGETS]
        yield f"| `{scenario}` | {' | '.join(cells)} |"


def main() -> int:
    columns = read(DOCUMENT.read_text())
    for target in TARGETS:
        reports = sorted(REPORTS.glob(f"{target}.*.xml"), key=lambda report: report.stat().st_mtime)
        columns[target] = {**columns[target], **column(reports)}
    DOCUMENT.write_text(render(scenarios(), columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
