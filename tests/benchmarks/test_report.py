"""The table says what was reached, how two endpoints compare, and why something is missing."""

import json

from benchmarks.measure import Bench, Figure, Measure, Run, at_least, at_most
from benchmarks.report import Outcome, as_json, table
from benchmarks.usage import Usage


async def _never(bench: Bench) -> Run:
    raise NotImplementedError


_LATENCY = Measure("latency", _never, (Figure("p50", "latency, p50", at_most(0.6, "ms")),))
_RATE = Measure("rate", _never, (Figure("rate", "rate", at_least(3000, "/s")),))


def _outcome(key: str, *values: float) -> Outcome:
    return Outcome([Run({key: value}, 1000, Usage(0.1, 0.2, 0.03)) for value in values])


def test_one_endpoint_is_shown_with_medians_and_cpu_time() -> None:
    results = {
        "latency": {"cloudrig": _outcome("p50", 0.5, 9, 0.512)},
        "rate": {"cloudrig": Outcome([], "no such API")},
    }
    assert table([_LATENCY, _RATE], ["cloudrig"], results).splitlines() == [
        "measure       reach       cloudrig    CPU µs each: engine + children + generator",
        "────────────────────────────────────────────────────────────────────────────────",
        "latency, p50  ≤ 0.6 ms    ✓ 0.512 ms  100 + 200 + 30",
        "rate          ≥ 3,000 /s  –",
        "– rate of cloudrig: no such API",
    ]


def test_of_two_endpoints_the_ratio_says_how_many_times_better_the_first_is() -> None:
    results = {
        "latency": {"a": _outcome("p50", 0.5), "b": _outcome("p50", 50)},
        "rate": {"a": _outcome("rate", 2900), "b": _outcome("rate", 29)},
    }
    assert table([_LATENCY, _RATE], ["a", "b"], results).splitlines() == [
        "measure       reach       a           b        ratio",
        "────────────────────────────────────────────────────",
        "latency, p50  ≤ 0.6 ms    ✓ 0.5 ms    ✗ 50 ms  100 ×",
        "rate          ≥ 3,000 /s  ✗ 2,900 /s  ✗ 29 /s  100 ×",
    ]


def test_json_keeps_every_run() -> None:
    results = {"latency": {"cloudrig": _outcome("p50", 0.5, 0.7)}}
    [measure] = json.loads(as_json([_LATENCY], ["cloudrig"], results))["measures"]
    assert measure["results"]["cloudrig"]["values"] == {"p50": 0.6}
    assert [run["figures"]["p50"] for run in measure["results"]["cloudrig"]["runs"]] == [0.5, 0.7]
    assert measure["figures"][0]["reach"] == {"value": 0.6, "unit": "ms", "at_least": False}
