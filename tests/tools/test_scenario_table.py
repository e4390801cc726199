"""The table of scenarios and targets: made from pytest's reports, and kept where a target was not run."""

from pathlib import Path

from tools import scenario_table
from tools.scenario_table import FAILED, PASSED

REPORT = """<testsuites><testsuite>
<testcase classname="scenarios.test_rooms" name="test_one[a]"/>
<testcase classname="scenarios.test_rooms" name="test_one[b]"><failure message="no"/></testcase>
<testcase classname="scenarios.conformance.test_x" name="test_two"/>
<testcase classname="scenarios.test_time" name="test_three">
  <skipped message="the target localstack has no clock: its own"/></testcase>
</testsuite></testsuites>"""


def test_a_report_becomes_a_column(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT)
    assert scenario_table.column(tmp_path / "report.xml") == {
        "test_rooms.py::test_one": FAILED,
        "conformance/test_x.py::test_two": PASSED,
        "test_time.py::test_three": "no clock: its own",
    }


def test_a_target_that_was_not_run_keeps_its_column() -> None:
    text = scenario_table.render({"embedded": {"a.py::b": PASSED}, "localstack": {"a.py::b": "no clock: its own"}})
    columns = scenario_table.read(text)
    assert columns["embedded"] == {"a.py::b": PASSED}
    assert columns["localstack"] == {"a.py::b": "no clock: its own"}
    assert scenario_table.render(columns) == text
