"""`cloudrig cost`: starts the rig's meter, reads it, and prices what it says."""

from __future__ import annotations

import argparse
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

from cloudrig.arguments import target_of
from cloudrig.cost.bill import bill, month, render
from cloudrig.cost.prices import prices
from cloudrig.failure import Failure

_TIMEOUT_S = 10.0


def cost(arguments: argparse.Namespace) -> int:
    """Say what was used since the rig's meter was started, and what AWS charges for that."""
    target = target_of(arguments)
    if target.bills:
        raise MeterError("AWS has no meter of ours; its own is Cost Explorer")
    endpoint = str(target.endpoint)
    if arguments.start:
        start_meter(endpoint)
        print("the meter runs; `cloudrig cost` reads it")
        return 0
    reading = read_meter(endpoint)
    reading["alarmMetrics"] = alarm_metrics(target.session().client("cloudwatch"))
    print(*([json.dumps(reading, indent=2)] if arguments.json else price(reading, arguments)), sep="\n")
    return 0


class MeterError(Failure):
    """The meter cannot be read; the message says what to do."""


def cost_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--start", action="store_true", help="start the meter from zero, and say nothing more")
    parser.add_argument("--region", default="us-east-1", help="whose prices (default: us-east-1)")
    parser.add_argument("--free-tier", action="store_true", help="take off what AWS gives for nothing each month")
    parser.add_argument("--json", action="store_true", help="print what the meter reads as one JSON object")
    scale = parser.add_argument_group("a month at another scale, if each message costs what it cost in this run")
    scale.add_argument("--messages-per-day", type=float, metavar="N", help="messages that all users together send")
    scale.add_argument("--users", type=int, default=100, metavar="N", help="how many users (default: 100)")
    scale.add_argument("--minutes-per-day", type=float, default=60, metavar="M", help="each is connected for (60)")
    scale.add_argument("--cognito-users", type=int, default=0, metavar="N", help="how many sign in by Cognito (0)")
    scale.add_argument("--route", default="sendMessage", help="the route whose messages are counted (sendMessage)")


def start_meter(endpoint: str) -> None:
    """Count from zero on. Raises MeterError."""
    _ask(endpoint, "POST")


def read_meter(endpoint: str) -> dict[str, Any]:
    """What has been used since the start. Raises MeterError."""
    reading = _ask(endpoint, "GET")
    if reading["since"] is None:
        raise MeterError("the meter does not run; start it with: cloudrig cost --start")
    return reading


def alarm_metrics(cloudwatch: Any) -> int:
    """How many metrics alarms watch: each is billed, those of an expression one by one.

    Source: https://aws.amazon.com/cloudwatch/pricing/
    """
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    return sum(sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1 for alarm in alarms)


def price(reading: dict[str, Any], arguments: argparse.Namespace) -> Iterator[str]:
    """The bill of what was metered and, if asked for, of a month. Raises PriceError, ScaleError."""
    table, free_tier = prices(arguments.region), arguments.free_tier
    hours = (reading["now"] - reading["since"]) / 3600
    used = reading["usage"] | {"cloudwatch.alarmHours": reading["alarmMetrics"] * hours}
    yield from render(bill(used, table, free_tier=False), table, f"This run, {hours * 60:,.1f} min", free_tier=False)
    if arguments.messages_per_day:
        usage = month(
            reading["usage"],
            reading["routes"].get(arguments.route, 0),
            users=arguments.users,
            messages_a_day=arguments.messages_per_day,
            minutes_a_day=arguments.minutes_per_day,
            cognito_users=arguments.cognito_users,
            metrics=reading["metrics"],
            alarm_metrics=reading["alarmMetrics"],
        )
        title = f"A month of {arguments.users:,} users and {arguments.messages_per_day:,.0f} messages a day"
        yield ""
        yield from render(bill(usage, table, free_tier=free_tier), table, title, free_tier=free_tier)


def _ask(endpoint: str, method: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{endpoint}/_cloudrig/meter", method=method)  # noqa: S310  the rig's own address
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            reading: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise MeterError(f"{endpoint} has no meter ({error}); only a rig has one") from error
    return reading
