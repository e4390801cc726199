"""Two reports of loads side by side: `cloudrig report A B`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloudrig.failure import Failure

_FIGURES = ("p50", "p90", "p99", "max")


class ReportError(Failure):
    """A report cannot be read; the message says which and why."""


def report(arguments: argparse.Namespace) -> int:
    """Compare two loads by the folders (or summary.json files) that `make load` wrote."""
    print(*compare(arguments.before, arguments.after), sep="\n")
    return 0


def report_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", type=Path, metavar="A", help="one load")
    parser.add_argument("after", type=Path, metavar="B", help="the other")


def compare(before: Path, after: Path) -> Iterator[str]:
    """Lines that say what changed from one load to the other. Raises ReportError."""
    a, b = _read(before), _read(after)
    yield f"A  {a['name']} at {a['target']}, {a['startedAt']}, {a['durationS']:g} s"
    yield f"B  {b['name']} at {b['target']}, {b['startedAt']}, {b['durationS']:g} s"
    one, other = a["profile"], b["profile"]
    if changed := [f"{key} {value} → {other.get(key)}" for key, value in one.items() if other.get(key) != value]:
        yield f"   not the same load: {', '.join(changed)}"
    yield ""
    yield _row("", "A", "B", "B ÷ A")
    for label, one, other in _pairs(a, b):
        yield _row(label, _number(one), _number(other), f"{other / one:.2f}" if one and other is not None else "–")
    for letter, result in (("A", a), ("B", b)):
        yield f"\n{letter}: " + (" ".join(result["failures"]) or "Nothing failed.") + f" {result['bottleneck']}"


def _pairs(a: dict[str, Any], b: dict[str, Any]) -> Iterator[tuple[str, float | None, float | None]]:
    for label, rate in (("messages / s", "messagesPerS"), ("deliveries / s", "deliveriesPerS")):
        yield label, a["rates"][rate], b["rates"][rate]
    for figure in ("lost", "not_stored", "repeated", "out_of_order", "unanswered", "dropped"):
        yield figure.replace("_", " "), a["account"][figure], b["account"][figure]
    for what in dict.fromkeys([*a["latencyMs"], *b["latencyMs"]]):
        for figure in _FIGURES:
            one, other = (result["latencyMs"].get(what, {}).get(figure) for result in (a, b))
            yield f"{what} {figure}, ms", one, other


def _row(label: str, one: str, other: str, ratio: str) -> str:
    return f"{label:<24}{one:>14}{other:>14}{ratio:>10}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _read(path: Path) -> dict[str, Any]:
    file = path / "summary.json" if path.is_dir() else path
    try:
        result: dict[str, Any] = json.loads(file.read_text())
        if not {"rates", "account", "latencyMs", "profile"} <= result.keys():
            raise ValueError
    except OSError as error:
        raise ReportError(f"{file} cannot be read: {error.strerror}; give a folder that make load wrote") from None
    except (ValueError, AttributeError):
        raise ReportError(f"{file} is no summary of a load; give a folder that make load wrote") from None
    return result
