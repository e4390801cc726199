"""docs/features.md names scenarios; each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (ROOT / "docs" / "features.md").read_text())


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_scenario_that_is_named_is_there(file: str, name: str) -> None:
    assert f"async def {name}(" in (ROOT / "scenarios" / file).read_text()


def test_every_feature_names_one() -> None:
    rows = [line for line in (ROOT / "docs" / "features.md").read_text().splitlines() if line.startswith("| | ")]
    assert len(rows) - 1 == len(NAMED), "the first row is the table's head"
