"""What came of a load: figures, where the time went, and whether it is a success. One JSON object says it all."""

from __future__ import annotations

import os
import platform
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from loadtests.ledger import Account, Ledger, Series
from loadtests.profiles import Profile

PERCENTILES = (50, 90, 99)
_NEARLY_ALL = 0.9
"""Of the machine's cores: with so much in use, the machine is what limits."""
_LATE_MS = 50.0


@dataclass(frozen=True)
class Limits:
    """Thresholds that make a load a failure; None is none."""

    max_p99_delivery_ms: float | None = None
    max_error_rate: float | None = None


@dataclass
class Course:
    """What came of a load besides its account.

    Attributes:
        ended_at: when people were done speaking.
        turned_away: how many people did not get in.
        cut_short: why it ended before its time; empty if it did not.
        lost_workers: how many went, and the accounts of their users with them.
        samples: what was used of the machine, second by second (`monitor.Sample`).
        silent_s: for how long the rig did not answer.
        cost: what it came to by what was counted, and its ceiling, where it had one (`budget.Watch.stop`).
    """

    ended_at: float = 0.0
    turned_away: int = 0
    cut_short: str = ""
    lost_workers: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    silent_s: float = 0.0
    cost: dict[str, Any] | None = None


def outcome(
    profile: Profile, ledger: Ledger, course: Course, *, name: str, target: str, started_at: float, limits: Limits
) -> dict[str, Any]:
    """The whole outcome as JSON has it."""
    account, duration_s = ledger.account(), course.ended_at - started_at
    latencies = {what: figures(series.ms) for what, series in ledger.series.items() if series.ms}
    return {
        "name": name,
        "target": target,
        "startedAt": datetime.fromtimestamp(started_at, UTC).isoformat(timespec="seconds"),
        "durationS": round(duration_s, 1),
        "machine": {"cores": os.cpu_count() or 1, "system": platform.platform(), "python": platform.python_version()},
        "profile": asdict(profile),
        "account": {**asdict(account), "unanswered": account.unanswered, "error_rate": round(account.error_rate, 5)},
        "rates": {
            "messagesPerS": round(account.acknowledged / duration_s, 1) if duration_s else 0.0,
            "deliveriesPerS": round(account.delivered / duration_s, 1) if duration_s else 0.0,
        },
        "latencyMs": latencies,
        "lastRecipientMs": last_recipients(ledger),
        "seconds": by_second(ledger, started_at),
        "samples": course.samples,
        "silentS": round(course.silent_s, 1),
        "cost": course.cost,
        "bottleneck": bottleneck(course.samples, latencies, started_at, duration_s),
        "failures": failures(account, latencies, course, limits),
    }


def latency_rows(outcome: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """All that was measured, for a table: the latencies, and what the last recipients waited for."""
    rows: dict[str, dict[str, float]] = dict(outcome["latencyMs"])
    if outcome["lastRecipientMs"]:
        rows["last recipient"] = outcome["lastRecipientMs"]
    return rows


def figures(values: array[float]) -> dict[str, float]:
    """Count, percentiles and the largest."""
    ordered = sorted(values)
    return {
        "count": len(ordered),
        **{f"p{percent}": round(percentile(ordered, percent), 2) for percent in PERCENTILES},
        "max": round(ordered[-1], 2),
    }


def percentile(ordered: list[float], percent: float) -> float:
    """The smallest of ordered values that so many percent of them do not exceed."""
    return ordered[max(-int(-len(ordered) * percent // 100), 1) - 1]


def last_recipients(ledger: Ledger) -> dict[str, float] | None:
    """From when a message was due to its last delivery, over all messages that were delivered."""
    last: dict[str, float] = {}
    for key, _, at in ledger.deliveries:
        last[key] = max(last.get(key, 0.0), at)
    took = [(at - ledger.messages[key].due_at) * 1000 for key, at in last.items() if key in ledger.messages]
    return figures(array("d", took)) if took else None


def by_second(ledger: Ledger, started_at: float) -> list[dict[str, float]]:
    """For each second since the start: messages sent and acknowledged, deliveries, their median and p99 latency."""
    sent = Counter(int(message.sent_at - started_at) for message in ledger.messages.values())
    acknowledged = _per_second(ledger.series["acknowledge"], started_at)
    delivered = _per_second(ledger.series["deliver"], started_at)
    last = max([*sent, *acknowledged, *delivered], default=-1)
    return [
        {
            "s": second,
            "sent": sent[second],
            "acknowledged": len(acknowledged.get(second, [])),
            "delivered": len(delivered.get(second, [])),
            **_middle_and_tail(delivered.get(second, [])),
        }
        for second in range(last + 1)
    ]


def bottleneck(
    samples: Iterable[Mapping[str, Any]],
    latencies: Mapping[str, Mapping[str, float]],
    started_at: float,
    duration_s: float,
) -> str:
    """What limited the load, in a sentence, from what the samples of its time show."""
    during = [sample for sample in samples if started_at <= sample["at"] <= started_at + duration_s]
    known = [sample for sample in during if sample["engine_cores"] is not None]
    if not known:
        return "Not known: nobody told what the target uses."
    shares = {"the engine": _mean(known, [sample["engine_cores"] for sample in known])}
    for name in sorted({name for sample in known for name in sample["children_cores"]}):
        shares[name] = _mean(known, [sample["children_cores"].get(name, 0.0) for sample in known])
    shares["the load itself"] = _mean(known, [sample["generator_cores"] for sample in known])
    cores, used = os.cpu_count() or 1, sum(shares.values())
    split = ", ".join(f"{name} {share:.2f}" for name, share in sorted(shares.items(), key=lambda item: -item[1]))
    if used >= _NEARLY_ALL * cores:
        return f"The machine: {used:.1f} of its {cores} cores were in use ({split})."
    if shares["the engine"] >= _NEARLY_ALL:
        return f"The engine, which has one core: {shares['the engine']:.2f} of it was in use ({split})."
    late_ms = latencies.get("send", {}).get("p99", 0.0)
    if late_ms > _LATE_MS:
        return f"{_why_late(known, shares['the load itself'])}, by {late_ms:.0f} ms at p99 ({split} cores)."
    return f"Nothing was at its limit: {used:.1f} of {cores} cores were in use ({split})."


def _why_late(samples: Sequence[Mapping[str, Any]], generator_cores: float) -> str:
    """Who is to blame for what was sent late: the load only where it used up the one core that a process of it has."""
    if generator_cores >= _NEARLY_ALL:
        return "The load itself: it sent late"
    cores = os.cpu_count() or 1
    full_s = sum(sample["span_s"] for sample in samples if _used(sample) >= _NEARLY_ALL * cores)
    if full_s:
        return f"The machine, for {full_s:.0f} s: all its {cores} cores were in use, and messages were sent late"
    return "Not known: nothing was at its limit, and yet messages were sent late"


def _used(sample: Mapping[str, Any]) -> float:
    return float(sample["engine_cores"] + sum(sample["children_cores"].values()) + sample["generator_cores"])


def failures(
    account: Account,
    latencies: Mapping[str, Mapping[str, float]],
    course: Course,
    limits: Limits,
) -> list[str]:
    """Everything that makes the load a failure, a sentence each."""
    counted = (
        (account.lost, "deliveries of acknowledged messages were lost."),
        (account.not_stored, "acknowledged messages are not in the history."),
        (
            account.acknowledged - account.looked_up,
            "acknowledged messages could not be looked up: their history could not be read.",
        ),
        (account.stored_twice, "messages are in the history twice."),
        (account.unanswered, "messages were not answered."),
        (account.dropped, "connections were dropped."),
        (course.turned_away, "people did not get in."),
        (course.lost_workers, "of the workers went, and the account of their users with them."),
    )
    found = [f"Cut short: {course.cut_short}."] if course.cut_short else []
    found += [f"{count:,} {what}" for count, what in counted if count]
    if course.silent_s:
        found.append(f"The rig did not answer for {course.silent_s:.0f} s.")
    delivery_ms = latencies.get("deliver", {}).get("p99", 0.0)
    if limits.max_p99_delivery_ms is not None and delivery_ms > limits.max_p99_delivery_ms:
        found.append(
            f"Delivery took {delivery_ms:,.0f} ms at p99; at most {limits.max_p99_delivery_ms:,.0f} was asked."
        )
    if limits.max_error_rate is not None and account.error_rate > limits.max_error_rate:
        found.append(f"{account.error_rate:.2%} of the messages failed; at most {limits.max_error_rate:.2%} was asked.")
    return found


def _per_second(series: Series, started_at: float) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for at, latency_ms in zip(series.at, series.ms, strict=True):
        found.setdefault(int(at - started_at), []).append(latency_ms)
    return found


def _middle_and_tail(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    return {"p50": round(percentile(ordered, 50), 2), "p99": round(percentile(ordered, 99), 2)}


def _mean(samples: Sequence[Mapping[str, Any]], values: Sequence[float]) -> float:
    """The mean over the time that the samples cover."""
    spans_s = [float(sample["span_s"]) for sample in samples]
    return sum(value * span_s for value, span_s in zip(values, spans_s, strict=True)) / sum(spans_s)
