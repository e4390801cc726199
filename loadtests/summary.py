"""The outcome of a load as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loadtests.outcome import PERCENTILES, latency_rows


def render(outcome: Mapping[str, Any]) -> str:
    """All of it; rates are per second of the time in which people spoke."""
    lines = [*_counts(outcome), "", *_latencies(outcome), "", outcome["bottleneck"], *_notes(outcome["account"])]
    if outcome["cost"]:
        lines.append(priced(outcome["cost"]))
    verdict = outcome["failures"] or ["Nothing that was acknowledged was lost."]
    return "\n".join([*lines, *verdict]) + "\n"


def priced(cost: Mapping[str, Any]) -> str:
    """What it came to on AWS."""
    return (
        f"On AWS it came to ${cost['usd']:,.4f} at the most, by what was counted and the prices of {cost['region']}"
        f" (ceiling ${cost['maxUsd']:,.2f})."
    )


def _counts(outcome: Mapping[str, Any]) -> Iterator[str]:
    account, rates = outcome["account"], outcome["rates"]
    refused = sum(account["refused"].values())
    yield (
        f"messages     {account['sent']:,} sent · {account['acknowledged']:,} acknowledged · {refused:,} refused"
        f" · {account['unanswered']:,} unanswered"
    )
    yield (
        f"history      {account['looked_up']:,} looked up · {account['not_stored']:,} missing"
        f" · {account['stored_twice']:,} twice"
    )
    yield (
        f"deliveries   {account['expected']:,} expected · {account['delivered']:,} delivered · {account['lost']:,} lost"
        f" · {account['repeated']:,} repeated · {account['out_of_order']:,} out of order"
    )
    yield f"connections  {account['connections']:,} opened · {account['dropped']:,} dropped"
    yield f"per second   {rates['messagesPerS']:,.1f} messages · {rates['deliveriesPerS']:,.1f} deliveries"


def _latencies(outcome: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'ms':<16}{'count':>10}" + "".join(f"{f'p{percent}':>10}" for percent in PERCENTILES) + f"{'max':>10}"
    for what, figures in latency_rows(outcome).items():
        values = (*(figures[f"p{percent}"] for percent in PERCENTILES), figures["max"])
        yield f"{what:<16}{figures['count']:>10,}" + "".join(f"{figure:>10,.1f}" for figure in values)


def _notes(account: Mapping[str, Any]) -> Iterator[str]:
    """What is not as it should be, or not as one would think."""
    beyond = account["delivered"] - account["expected"] + account["lost"]
    if beyond:
        yield f"{beyond:,} deliveries more than were owed: to connections that had just come, or were about to go."
    for code, times in account["refused"].items():
        remedy = "; deploy with RATE_LIMIT=0 for loads" if code == "RateLimited" else ""
        yield f"{times:,} × refused: {code}{remedy}"
    for text, times in account["trouble"].items():
        yield f"{times:,} × {text}"
