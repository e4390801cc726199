"""Metrics and alarms: what an operator sees of the chat in CloudWatch."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudrig.pytest_plugin import Clients
from scenarios.patience import until
from scenarios.story import Chat


class Metrics:
    """Sums of metrics since a scenario began."""

    def __init__(self, cloudwatch: Any, functions: dict[str, str]) -> None:
        self._cloudwatch = cloudwatch
        self._functions = functions
        self._since = datetime.now(UTC) - timedelta(minutes=2)

    async def read(self, namespace: str, name: str, function: str, statistic: str = "Sum") -> float:
        def read() -> float:
            points = self._cloudwatch.get_metric_statistics(
                Namespace=namespace,
                MetricName=name,
                Dimensions=[{"Name": "FunctionName", "Value": self._functions[function]}],
                StartTime=self._since,
                EndTime=datetime.now(UTC) + timedelta(minutes=2),
                Period=60,
                Statistics=[statistic],
            )["Datapoints"]
            return sum(float(point[statistic]) for point in points)

        return await asyncio.to_thread(read)

    async def grows(self, namespace: str, name: str, function: str, above: float, statistic: str = "Sum") -> None:
        await until(
            lambda: self.read(namespace, name, function, statistic),
            lambda value: value > above,
            f"{name} of {function} grew above {above}",
        )


@pytest.fixture
def metrics(aws: Clients, outputs: dict[str, Any]) -> Metrics:
    return Metrics(aws("cloudwatch"), outputs["functions"])


async def test_a_message_is_counted_from_the_table_to_the_last_recipient(chat: Chat, metrics: Metrics) -> None:
    """Stored once, delivered to each, and how long that took: from the lines that the functions log anyway."""
    stored = await metrics.read("Chat", "MessagesStored", "send-message")
    delivered = await metrics.read("Chat", "Deliveries", "fan-out")
    ann, bob = await chat.join("lobby", "ann", "bob")
    sent = await ann.say("count me")
    await bob.expect("message", messageId=sent["messageId"])
    await metrics.grows("Chat", "MessagesStored", "send-message", above=stored)
    await metrics.grows("Chat", "Deliveries", "fan-out", above=delivered + 1)
    await metrics.grows("Chat", "DeliveryLatency", "fan-out", above=0, statistic="Maximum")


async def test_invocations_are_counted_by_lambda(chat: Chat, metrics: Metrics) -> None:
    """Invocations, durations and, of a stream's function, the age of what it reads: what alarms are made of."""
    before = await metrics.read("AWS/Lambda", "Invocations", "ping")
    (ann,) = await chat.join("lobby", "ann")
    await ann.ask("ping", "pong")
    await metrics.grows("AWS/Lambda", "Invocations", "ping", above=before)
    await metrics.grows("AWS/Lambda", "Duration", "ping", above=0, statistic="Maximum")
    await ann.say("age me")
    await metrics.grows("AWS/Lambda", "IteratorAge", "fan-out", above=-1, statistic="Maximum")
    assert await metrics.read("AWS/Lambda", "Errors", "ping") == 0


async def test_an_operator_is_alarmed(aws: Clients, outputs: dict[str, Any]) -> None:
    """Of every function that fails in more than 1 % of its invocations, of streams that fall behind, of tables that
    throttle. Minutes without data are good ones.
    """
    pages = aws("cloudwatch").get_paginator("describe_alarms").paginate()
    found = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    for function in outputs["functions"].values():
        alarm = found[f"{function}-failing"]
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1.0, "GreaterThanThreshold")
        assert alarm["TreatMissingData"] == "notBreaching"
    for function in ("fan-out", "presence"):
        assert f"{outputs['functions'][function]}-late" in found
    for table in outputs["tables"].values():
        assert f"{table}-throttled" in found
