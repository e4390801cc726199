"""The command line: which endpoints, which measures, how long."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import uvloop
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks import report
from benchmarks.deployment import Deployment
from benchmarks.endpoints import OTHERS, given, own_rig
from benchmarks.errors import Unfit
from benchmarks.load import FULL, QUICK, Effort
from benchmarks.measure import Bench, Measure, Run
from benchmarks.measures import MEASURES
from benchmarks.report import Outcome, Results
from cloudrig.background import RigError
from cloudrig.engine.open_files import raise_open_files

LIMIT_S = 120.0
"""The most one run of a measure may take, holding connections apart."""
_FAILURES = (Unfit, ClientError, BotoCoreError, OSError)
"""What keeps a measure from being taken; OSError is also a run that takes too long."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 measured, whatever came out; 1 nothing to measure; 2 wrong usage."""
    options = _parser().parse_args(arguments)
    raise_open_files()  # a rig started here inherits that
    measures = [measure for measure in MEASURES if not options.only or measure.name in options.only]
    effort = replace(QUICK if options.quick else FULL, hold_s=options.hold)
    try:
        with ExitStack() as stack:
            benches = _benches(stack, options, effort)
            results = uvloop.run(_measure_all(measures, benches))
    except (RigError, Unfit) as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    names = [bench.endpoint.name for bench in benches]
    sys.stdout.write(report.table(measures, names, results))
    if options.json:
        options.json.write_text(report.as_json(measures, names, results))
    return 0


def _benches(stack: ExitStack, options: argparse.Namespace, effort: Effort) -> list[Bench]:
    """Everything that is measured, started; `stack` removes it."""
    sources = [given(options.endpoint) if options.endpoint else own_rig()]
    if options.against:
        sources.append(OTHERS[options.against]())
    endpoints = [stack.enter_context(source) for source in sources]
    return [Bench(endpoint, stack.enter_context(Deployment(endpoint)), effort) for endpoint in endpoints]


async def _measure_all(measures: Sequence[Measure], benches: Sequence[Bench]) -> Results:
    """Each measure on all endpoints before the next, so that what the machine does meanwhile touches all alike."""
    results: dict[str, dict[str, Outcome]] = {}
    for measure in measures:
        results[measure.name] = {}
        for bench in benches:
            sys.stderr.write(f"▸ {measure.name} of {bench.endpoint.name}\n")
            results[measure.name][bench.endpoint.name] = await _measure(measure, bench)
    return results


async def _measure(measure: Measure, bench: Bench) -> Outcome:
    runs: list[Run] = []
    try:
        for _ in range(1 if measure.once else bench.effort.runs):
            async with asyncio.timeout(LIMIT_S + bench.effort.hold_s):
                runs.append(await measure.run(bench))
    except (*_FAILURES, ExceptionGroup) as error:
        return Outcome(runs, _reason(error))
    return Outcome(runs)


def _reason(error: Exception) -> str:
    """Why a measure could not be taken; of several clients that failed, the first one's. Raises what is a bug."""
    if isinstance(error, ExceptionGroup):
        return _reason(error.exceptions[0])
    if not isinstance(error, _FAILURES):
        raise error
    if isinstance(error, TimeoutError):
        return "a run took too long"
    return str(error) or type(error).__name__


def _parser() -> argparse.ArgumentParser:
    names = [measure.name for measure in MEASURES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Deploys a small stack, measures it from outside, removes it and prints a table.",
        epilog=f"measures: {' '.join(names)}",
    )
    parser.add_argument("--endpoint", metavar="URL", help="measure what answers there (default: a rig of its own)")
    parser.add_argument("--against", choices=sorted(OTHERS), help="measure this too, in the same run, and show ratios")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help="only these measures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run's figures there")
    parser.add_argument("--quick", action="store_true", help="run each measure once and shortly: figures mean little")
    parser.add_argument(
        "--hold", type=float, default=0.0, metavar="S", help="hold idle connections for so long before counting (0)"
    )
    return parser
