"""What was used between two readings."""

from typing import Any

import pytest

from loadtests.ledger import Ledger
from loadtests.monitor import Progress, Reading, own_progress, sample


def rig(engine_s: float, functions_s: float | None) -> dict[str, Any]:
    functions = {"functions": {"cpuS": functions_s, "rssBytes": 1, "groups": 3}} if functions_s is not None else {}
    return {"engine": {"cpuS": engine_s, "rssBytes": 5000}, "children": functions}


def process(at: float, cores: float, *, host: str = "here", connections: int = 0) -> Progress:
    return Progress(at, host, 0.0, cores, 1000, connections, 0, 0)


def reading(at: float, told: dict[str, Any] | None, cores: float = 0.0) -> Reading:
    return Reading([process(at, cores, connections=7)], told)


def test_use_is_in_cores_of_the_time_between() -> None:
    found = sample(reading(10.0, rig(2.0, 4.0)), reading(12.0, rig(3.0, 5.5), cores=0.5))
    assert (found.span_s, found.generator_cores, found.engine_cores) == (2.0, 0.5, 0.5)
    assert found.children_cores == {"functions": 0.75}
    assert (found.engine_bytes, found.environments, found.connections) == (5000, 3, 7)


def test_workers_of_this_machine_are_part_of_the_load() -> None:
    """Those on other machines are not: what they use is nothing of this one. Their connections count all the same."""
    workers = [process(1.0, 0.75, connections=3), process(1.0, 0.5, connections=3, host="elsewhere")]
    found = sample(Reading([process(0.0, 0.0)], None), Reading([process(1.0, 0.25), *workers], None))
    assert (found.generator_cores, found.generator_bytes, found.connections) == (1.0, 2000, 6)


def test_a_process_tells_how_far_it_is_and_what_it_uses() -> None:
    ledger = Ledger()
    ledger.connected("ann#0", "lobby", 0.0)
    ledger.sent("ann/0", "lobby", 1.0, 1.0)
    first = own_progress(ledger, None)
    second = own_progress(ledger, first)
    assert (first.connections, first.sent, first.delivered) == (1, 1, 0)
    assert second.cpu_s > first.cpu_s > 0
    assert second.cores > 0


def test_environments_that_ended_make_nothing_negative() -> None:
    found = sample(reading(0.0, rig(2.0, 40.0)), reading(1.0, rig(2.0, 1.0)))
    assert found.children_cores == {"functions": 0.0}


def test_children_that_are_new_count_from_nothing() -> None:
    found = sample(reading(0.0, rig(0.0, None)), reading(1.0, rig(0.0, 0.5)))
    assert found.children_cores == {"functions": pytest.approx(0.5)}


def test_where_nobody_tells_only_the_loads_own_use_is_known() -> None:
    found = sample(reading(0.0, None), reading(1.0, None, cores=0.25))
    assert (found.generator_cores, found.engine_cores, found.environments) == (0.25, None, None)
