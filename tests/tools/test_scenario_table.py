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
<testcase classname="tests.test_cli" name="test_of_a_unit"/>
</testsuite></testsuites>"""
AGAIN = """<testsuites><testsuite>
<testcase classname="scenarios.test_rooms" name="test_one[b]"/>
</testsuite></testsuites>"""


def test_a_report_becomes_a_column(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT)
    assert scenario_table.column([tmp_path / "report.xml"]) == {
        "test_rooms.py::test_one": FAILED,
        "conformance/test_x.py::test_two": PASSED,
        "test_time.py::test_three": "no clock: its own",
    }


def test_what_is_run_again_replaces_what_failed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "one.xml").write_text(REPORT)
    (tmp_path / "two.xml").write_text(AGAIN)
    found = scenario_table.column([tmp_path / "one.xml", tmp_path / "two.xml"])
    assert found["test_rooms.py::test_one"] == PASSED
    assert found["conformance/test_x.py::test_two"] == PASSED


def test_a_target_that_was_not_run_keeps_its_column() -> None:
    text = scenario_table.render(
        ["a.py::b"], {"embedded": {"a.py::b": PASSED}, "localstack": {"a.py::b": "no clock: its own"}}
    )
    columns = scenario_table.read(text)
    assert columns["embedded"] == {"a.py::b": PASSED}
    assert columns["localstack"] == {"a.py::b": "no clock: its own"}
    assert scenario_table.render(["a.py::b"], columns) == text


def test_the_table_names_the_scenarios_that_there_are() -> None:
    """`make table` writes it."""
    named = scenario_table.read(scenario_table.DOCUMENT.read_text())["embedded"].keys()
    assert set(named) == scenario_table.scenarios()
