"""The outcome of a load as one HTML page that needs nothing beside it: no network, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from loadtests import charts
from loadtests.charts import Line
from loadtests.outcome import PERCENTILES, latency_rows
from loadtests.summary import priced

_HERE = Path(__file__).parent
_CHILDREN = ("functions", "dynoxide", "moto")


def render(outcome: Mapping[str, Any], delivery_ms: Sequence[float]) -> str:
    """The page.

    Args:
        delivery_ms: every delivery's latency, for the distribution.
    """
    failed = outcome["failures"]
    verdict = "".join(f"<li>{escape(text)}</li>" for text in failed) or "<li>Nothing acknowledged was lost.</li>"
    template = Template((_HERE / "page.html").read_text())
    return template.substitute(
        title=escape(f"{outcome['name']} at {outcome['target']}"),
        head=_head(outcome),
        state="bad" if failed else "good",
        verdict=verdict,
        bottleneck=escape(outcome["bottleneck"]),
        cost=f"<p>{escape(priced(outcome['cost']))}</p>" if outcome["cost"] else "",
        tiles=_tiles(outcome),
        pictures=_pictures(outcome, delivery_ms),
        latencies=_latencies(outcome),
        trouble=_trouble(outcome["account"]),
        style=(_HERE / "page.css").read_text(),
    )


def _head(outcome: Mapping[str, Any]) -> str:
    profile, machine = outcome["profile"], outcome["machine"]
    began = f"{datetime.fromisoformat(outcome['startedAt']):%Y-%m-%d %H:%M:%S} UTC"
    kinds = ", ".join(
        f"{profile[kind]:,} {kind}" for kind in ("chatters", "guests", "lurkers", "reconnectors") if profile[kind]
    )
    where = f"in rooms of {profile['room_size']}" if profile["room_size"] else "in the lobby"
    return escape(
        f"{kinds}; {profile['rate']:g} messages/s asked for, {where}, for {outcome['durationS']:g} s · "
        f"{began} · {machine['cores']} cores, {machine['system']}"
    )


def _tiles(outcome: Mapping[str, Any]) -> str:
    account, rates = outcome["account"], outcome["rates"]
    delivery = outcome["latencyMs"].get("deliver", {})
    tiles = [
        ("messages / s", f"{rates['messagesPerS']:,.1f}"),
        ("deliveries / s", f"{rates['deliveriesPerS']:,.1f}"),
        ("delivery p50", _ms(delivery["p50"]) if delivery else "–"),
        ("delivery p99", _ms(delivery["p99"]) if delivery else "–"),
        ("sent", f"{account['sent']:,}"),
        ("acknowledged", f"{account['acknowledged']:,}"),
        ("delivered", f"{account['delivered']:,}"),
        ("lost", f"{account['lost'] + account['not_stored']:,}"),
        ("repeated", f"{account['repeated'] + account['stored_twice']:,}"),
        ("out of order", f"{account['out_of_order']:,}"),
        ("connections", f"{account['connections']:,}"),
        ("dropped", f"{account['dropped']:,}"),
    ]
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles)


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 1000 else f"{value:,.1f} ms"


def _pictures(outcome: Mapping[str, Any], delivery_ms: Sequence[float]) -> str:
    seconds, samples = outcome["seconds"], outcome["samples"]

    def over_time(name: str) -> list[tuple[float, float]]:
        return [(second["s"], second[name]) for second in seconds if name in second]

    messages = [Line("sent", over_time("sent"), 2), Line("acknowledged", over_time("acknowledged"), 0)]
    pictures = [
        charts.lines("Delivery latency", "ms", [Line("p50", over_time("p50"), 0), Line("p99", over_time("p99"), 1)]),
        charts.histogram("Delivery latency, distribution", delivery_ms),
        charts.lines("Messages", "per second", messages),
        charts.lines("Deliveries", "per second", [Line("delivered", over_time("delivered"), 0)]),
        charts.lines("CPU", f"cores of {outcome['machine']['cores']}", _cpu(samples), stacked=True),
        charts.lines("Memory", "MB", _memory(samples)),
        charts.lines("Execution environments", "", [Line("in being", _sampled(samples, "environments"), 3)]),
        charts.lines("Connections", "", [Line("open", _sampled(samples, "connections"), 4)]),
    ]  # fmt: skip
    return "".join(pictures)


def _cpu(samples: Sequence[Mapping[str, Any]]) -> list[Line]:
    begin = samples[0]["at"] if samples else 0.0
    known = [sample for sample in samples if sample["engine_cores"] is not None]
    children = [
        Line(name, [(sample["at"] - begin, sample["children_cores"].get(name, 0.0)) for sample in known], number)
        for number, name in enumerate(_CHILDREN, start=1)
    ]
    engine = Line("engine", _sampled(samples, "engine_cores"), 0)
    return [engine, *children, Line("the load itself", _sampled(samples, "generator_cores"), 5)]


def _memory(samples: Sequence[Mapping[str, Any]]) -> list[Line]:
    engine, load = _sampled(samples, "engine_bytes", 1e-6), _sampled(samples, "generator_bytes", 1e-6)
    return [Line("engine", engine, 0), Line("the load itself", load, 5)]


def _sampled(samples: Sequence[Mapping[str, Any]], name: str, factor: float = 1.0) -> list[tuple[float, float]]:
    begin = samples[0]["at"] if samples else 0.0
    return [(sample["at"] - begin, sample[name] * factor) for sample in samples if sample[name] is not None]


def _latencies(outcome: Mapping[str, Any]) -> str:
    head = "".join(f"<th>p{percent}</th>" for percent in PERCENTILES)
    body = "".join(
        f"<tr><th>{escape(what)}</th><td>{figures['count']:,}</td>"
        + "".join(f"<td>{figures[f'p{percent}']:,.1f}</td>" for percent in PERCENTILES)
        + f"<td>{figures['max']:,.1f}</td></tr>"
        for what, figures in latency_rows(outcome).items()
    )
    return f"<table><tr><th>ms</th><th>count</th>{head}<th>max</th></tr>{body}</table>"


def _trouble(account: Mapping[str, Any]) -> str:
    texts = {f"refused: {code}": times for code, times in account["refused"].items()} | account["trouble"]
    if not texts:
        return "<p>None.</p>"
    return "<ul>" + "".join(f"<li>{times:,} × {escape(text)}</li>" for text, times in texts.items()) + "</ul>"
