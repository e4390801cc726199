"""The table at the end of a load."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping

from loadtests.ledger import Account

_PERCENTILES = (50, 90, 99)


def render(account: Account, latencies_ms: Mapping[str, array[float]], duration_s: float) -> str:
    """All of it, for a terminal; rates are per second of the time in which people spoke."""
    return "\n".join([*_counts(account, duration_s), "", *_latencies(latencies_ms), "", *_notes(account)]) + "\n"


def verdict(account: Account) -> str:
    """What makes the load a failure; empty if it is none."""
    if account.lost:
        return f"{account.lost:,} deliveries of acknowledged messages were lost."
    if account.unanswered:
        return f"{account.unanswered:,} messages were not answered; nothing that was acknowledged was lost."
    if not account.acknowledged:
        return "No message was acknowledged."
    return ""


def percentile(values: array[float], percent: int) -> float:
    """The smallest of the values that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def _counts(account: Account, duration_s: float) -> Iterator[str]:
    refused = sum(account.refused.values())
    yield (
        f"messages     {account.sent:,} sent · {account.acknowledged:,} acknowledged · {refused:,} refused"
        f" · {account.unanswered:,} unanswered"
    )
    yield (
        f"deliveries   {account.expected:,} expected · {account.delivered:,} delivered · {account.lost:,} lost"
        f" · {account.repeated:,} repeated"
    )
    yield (
        f"per second   {account.acknowledged / duration_s:,.1f} messages"
        f" · {account.delivered / duration_s:,.1f} deliveries"
    )


def _latencies(latencies_ms: Mapping[str, array[float]]) -> Iterator[str]:
    yield f"{'ms':<12}{'count':>10}" + "".join(f"{f'p{percent}':>10}" for percent in _PERCENTILES) + f"{'max':>10}"
    for what, values in latencies_ms.items():
        figures = [percentile(values, percent) for percent in _PERCENTILES]
        yield f"{what:<12}{len(values):>10,}" + "".join(f"{figure:>10,.1f}" for figure in (*figures, max(values)))


def _notes(account: Account) -> Iterator[str]:
    """What is not as it should be, and the verdict."""
    for code, times in account.refused.items():
        remedy = "; deploy with RATE_LIMIT=0 for loads" if code == "RateLimited" else ""
        yield f"{times:,} × refused: {code}{remedy}"
    for text, times in account.trouble.items():
        yield f"{times:,} × {text}"
    if account.dropped:
        yield f"{account.dropped:,} connections were dropped"
    yield verdict(account) or "Nothing that was acknowledged was lost."
