"""What was used between two readings."""

from typing import Any

import pytest

from loadtests.monitor import Reading, sample


def rig(engine_s: float, functions_s: float | None) -> dict[str, Any]:
    functions = {"functions": {"cpuS": functions_s, "rssBytes": 1, "groups": 3}} if functions_s is not None else {}
    return {"engine": {"cpuS": engine_s, "rssBytes": 5000}, "children": functions}


def test_use_is_in_cores_of_the_time_between() -> None:
    found = sample(Reading(10.0, 1.0, rig(2.0, 4.0)), Reading(12.0, 2.0, rig(3.0, 5.5)), connections=7)
    assert (found.span_s, found.generator_cores, found.engine_cores) == (2.0, 0.5, 0.5)
    assert found.children_cores == {"functions": 0.75}
    assert (found.engine_bytes, found.environments, found.connections) == (5000, 3, 7)


def test_environments_that_ended_make_nothing_negative() -> None:
    found = sample(Reading(0.0, 0.0, rig(2.0, 40.0)), Reading(1.0, 0.0, rig(2.0, 1.0)), connections=0)
    assert found.children_cores == {"functions": 0.0}


def test_children_that_are_new_count_from_nothing() -> None:
    found = sample(Reading(0.0, 0.0, rig(0.0, None)), Reading(1.0, 0.0, rig(0.0, 0.5)), connections=0)
    assert found.children_cores == {"functions": pytest.approx(0.5)}


def test_where_nobody_tells_only_the_loads_own_use_is_known() -> None:
    found = sample(Reading(0.0, 0.0, None), Reading(1.0, 0.25, None), connections=1)
    assert (found.generator_cores, found.engine_cores, found.environments) == (0.25, None, None)
