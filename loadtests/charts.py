"""Pictures of a load as SVG text, drawn with nothing but strings: a page that has them opens anywhere, offline."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from loadtests.outcome import percentile

WIDTH, HEIGHT = 560, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 10, 26
_TICKS = 4

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """One line of a chart. `colour` is the number of one of the page's colours."""

    label: str
    points: Points
    colour: int


def lines(title: str, unit: str, series: Sequence[Line], *, stacked: bool = False) -> str:
    """Lines over seconds; stacked, each stands on the one before and the space between is filled."""
    drawn = [line for line in series if line.points]
    if not drawn:
        return _empty(title)
    heaps = _stack(drawn) if stacked else [[(x, 0.0, y) for x, y in line.points] for line in drawn]
    right = max(max(x for x, *_ in heap) for heap in heaps) or 1.0
    top = _round_up(max(max(high for *_, high in heap) for heap in heaps))
    x, y = _scale(right, WIDTH - _LEFT - _RIGHT, _LEFT), _scale(top, -(HEIGHT - _TOP - _BOTTOM), HEIGHT - _BOTTOM)
    marks = [_mark(heap, line.colour, x, y, stacked) for heap, line in zip(heaps, drawn, strict=True)]
    axes = _y_axis(top, y) + _x_axis([(value, f"{value:g} s") for value in _steps(right)], x)
    return _figure(title, unit, axes + "".join(reversed(marks) if stacked else marks), drawn)


def histogram(title: str, values: Sequence[float]) -> str:
    """How often each latency (ms) came, on a logarithmic axis, with p50 and p99 marked."""
    ordered = sorted(value for value in values if value > 0)
    if not ordered:
        return _empty(title)
    low, high = math.floor(math.log10(ordered[0]) * 8), math.floor(math.log10(ordered[-1]) * 8) + 1
    counts = [0] * (high - low)
    for value in ordered:
        counts[math.floor(math.log10(value) * 8) - low] += 1
    top = _round_up(max(counts))
    x, y = _scale(len(counts), WIDTH - _LEFT - _RIGHT, _LEFT), _scale(top, -(HEIGHT - _TOP - _BOTTOM), HEIGHT - _BOTTOM)
    wide = max(x(1) - x(0) - 1, 1)
    bars = "".join(
        f'<rect class="f0" x="{x(i) + 0.5:.1f}" y="{y(n):.1f}" width="{wide:.1f}" height="{y(0) - y(n):.1f}"/>'
        for i, n in enumerate(counts)
    )
    places = [(exponent * 8 - low, f"{10.0**exponent:g} ms") for exponent in range(math.ceil(low / 8), high // 8 + 1)]
    marks = "".join(
        _upright(x(math.log10(percentile(ordered, percent)) * 8 - low), f"p{percent}", side)
        for percent, side in ((50, "end"), (99, "start"))
    )
    return _figure(title, "deliveries", _y_axis(top, y) + _x_axis(places, x) + bars + marks, [])


def _stack(series: Sequence[Line]) -> list[list[tuple[float, float, float]]]:
    floor: dict[float, float] = {}
    heaps = []
    for line in series:
        heap = [(x, floor.get(x, 0.0), floor.get(x, 0.0) + y) for x, y in line.points]
        floor.update({x: high for x, _, high in heap})
        heaps.append(heap)
    return heaps


def _mark(
    heap: Sequence[tuple[float, float, float]],
    colour: int,
    x: Callable[[float], float],
    y: Callable[[float], float],
    filled: bool,
) -> str:
    upper = [f"{x(at):.1f},{y(high):.1f}" for at, _, high in heap]
    if not filled:
        return f'<polyline class="s{colour}" points="{" ".join(upper)}"/>'
    lower = [f"{x(at):.1f},{y(low):.1f}" for at, low, _ in reversed(heap)]
    return f'<polygon class="f{colour}" points="{" ".join(upper + lower)}"/>'


def _scale(most: float, length: float, start: float) -> Callable[[float], float]:
    return lambda value: start + value / most * length


def _steps(most: float) -> list[float]:
    step = _round_up(most / _TICKS)
    return [step * number for number in range(int(most / step) + 1)]


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value * (1 - 1e-9))


def _y_axis(top: float, y: Callable[[float], float]) -> str:
    ticks = _TICKS if f"{top:e}".startswith("2.0") else 5  # 1, 2.5 and 5 go in fives
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:,g}</text>'
        for v in (top * part / ticks for part in range(ticks + 1))
    )


def _x_axis(places: Sequence[tuple[float, str]], x: Callable[[float], float]) -> str:
    return "".join(
        f'<text x="{x(at):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{label}</text>' for at, label in places
    )


def _upright(at: float, label: str, side: str) -> str:
    """A dashed line, with its label before (`end`) or after (`start`) it."""
    return (
        f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>'
        f'<text x="{at + (4 if side == "start" else -4):.1f}" y="{_TOP + 10}" text-anchor="{side}">{label}</text>'
    )


def _figure(title: str, unit: str, inside: str, series: Sequence[Line]) -> str:
    keys = "".join(f'<span><i class="b{line.colour}"></i>{escape(line.label)}</span>' for line in series)
    return (
        f"<figure><figcaption><b>{escape(title)}</b> <small>{escape(unit)}</small>{keys}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{inside}</svg></figure>'
    )


def _empty(title: str) -> str:
    return f"<figure><figcaption><b>{escape(title)}</b></figcaption><p>Nothing was measured.</p></figure>"
