"""Usage times prices; and the usage of a month at another scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cloudrig.cost.prices import Prices
from cloudrig.failure import Failure

DAYS_A_MONTH = 30
HOURS_A_MONTH = DAYS_A_MONTH * 24
_MINUTES = "apigateway.connectionMinutes"


class ScaleError(Failure):
    """A run that cannot be scaled; the message says what it lacks."""


@dataclass(frozen=True)
class Item:
    """One line: how much of a dimension, how much of it is paid for, and what it comes to."""

    title: str
    quantity: float
    paid: float
    usd: float
    checked: bool
    """Whether somebody compared the price with AWS's pages."""


def bill(usage: Mapping[str, float], prices: Prices, *, free_tier: bool) -> list[Item]:
    """A month's bill, the dearest first; what has no price (S3 deletes) is not in it.

    Args:
        free_tier: whether what AWS gives for nothing each month is taken off. Part of it ends after a year.
    """
    items = []
    for dimension, quantity in usage.items():
        price = prices.of.get(dimension)
        if price is not None:
            paid = max(quantity - price.free, 0.0) if free_tier else quantity
            items.append(Item(price.title, quantity, paid, paid / price.per * price.usd, price.checked))
    return sorted(items, key=lambda item: -item.usd)


def month(
    usage: Mapping[str, float],
    said: float,
    *,
    users: int,
    messages_a_day: float,
    minutes_a_day: float,
    cognito_users: int = 0,
    metrics: int = 0,
    alarm_metrics: int = 0,
) -> dict[str, float]:
    """The usage of a month in which so many users say so much, if each message costs what it cost in the run.

    Args:
        usage: of the run. What its messages caused is scaled by their number, so its rooms should be as large as
            they will be.
        said: messages that users sent in the run (of the route that counts).
        minutes_a_day: for how long each user is connected.
        cognito_users: how many of the users sign in by Cognito in the month.
        metrics: how many custom metrics there are, and how many metrics alarms watch: all the month, whatever is said.
    Raises:
        ScaleError: nothing was said in the run.
    """
    if not said:
        raise ScaleError("no message was sent in this run, so there is nothing to scale: run a load while metering")
    factor = messages_a_day * DAYS_A_MONTH / said
    scaled = {dimension: quantity * factor for dimension, quantity in usage.items()}
    fixed = {
        _MINUTES: users * minutes_a_day * DAYS_A_MONTH,
        "cognito.monthlyUsers": float(cognito_users),
        "cloudwatch.metricHours": float(metrics * HOURS_A_MONTH),
        "cloudwatch.alarmHours": float(alarm_metrics * HOURS_A_MONTH),
    }
    return {dimension: quantity for dimension, quantity in (scaled | fixed).items() if quantity}


def render(items: list[Item], prices: Prices, title: str, *, free_tier: bool) -> Iterator[str]:
    """The bill as lines for a terminal."""
    total = sum(item.usd for item in items)
    yield f"{title}: ${total:,.4f}" if total < 1 else f"{title}: ${total:,.2f}"
    for item in items:
        share = f"{item.usd / total:>5.0%}" if total else "    –"
        yield f"  {item.title:<36}{_number(item.quantity):>16}{_number(item.paid):>16}  ${item.usd:>12,.6f} {share}"
    tier = "free tier taken off" if free_tier else "free tier not taken off"
    guessed = ", ".join(item.title for item in items if item.usd and not item.checked)
    what = f"the prices of: {guessed}" if prices.checked else "this region's prices"
    checked = f"; nobody has compared {what} with AWS's pages" if guessed else ""
    yield f"  ({prices.region}, prices of {prices.as_of}, {tier}{checked}; columns: used, paid for, price)"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.4g}"
