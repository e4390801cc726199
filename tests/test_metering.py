"""Units and rounding as AWS publishes them; see cloudrig/metering.py for the pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.metering import GB, Meter, steps, stored_gb


class Time:
    now = 1000.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def events(time: Time) -> Events:
    return Events(lambda: time.now)


@pytest.fixture
def meter(events: Events, time: Time) -> Iterator[Meter]:
    with Meter(events, Clock(lambda: time.now)) as meter:
        meter.restart({})
        yield meter


def usage(meter: Meter) -> dict[str, float]:
    found: dict[str, float] = meter.reading({})["usage"]
    return found


def test_nobody_listens_until_it_is_started(events: Events) -> None:
    meter = Meter(events, Clock(lambda: 0.0))
    assert not events.listening
    assert meter.reading({})["since"] is None
    with meter:
        meter.restart({})
        meter.restart({})
        assert events.listening
    assert not events.listening


@pytest.mark.parametrize(
    ("size", "units"), [(0, 1), (1, 1), (32 * 1024, 1), (32 * 1024 + 1, 2), (33 * 1024, 2), (131_072, 4)]
)
def test_websocket_messages_are_metered_in_32_kb(events: Events, meter: Meter, size: int, units: int) -> None:
    """AWS: a message of 33 KB is metered as two (https://aws.amazon.com/api-gateway/pricing/)."""
    for kind in ("message", "reply", "post"):
        events.emit(f"apigateway.{kind}", connection="c", size=size, route="sendMessage")
    assert usage(meter)["apigateway.websocketMessages"] == 3 * units


def test_http_api_requests_are_metered_in_512_kb_and_rest_requests_one_by_one(events: Events, meter: Meter) -> None:
    for protocol in ("HTTP", "REST"):
        events.emit("apigateway.request", protocol=protocol, request_bytes=512 * 1024 + 1, response_bytes=0)
    assert usage(meter)["apigateway.httpRequests"] == 2
    assert usage(meter)["apigateway.restRequests"] == 1


def test_connection_minutes_count_what_is_open_and_what_was(events: Events, meter: Meter, time: Time) -> None:
    for connection in ("a", "b"):
        events.emit("apigateway.connect", connection=connection, status=101)
    events.emit("apigateway.connect", connection="refused", status=401)
    time.now += 90
    events.emit("apigateway.disconnect", connection="a", code=1000)
    time.now += 30
    assert usage(meter)["apigateway.connectionMinutes"] == pytest.approx(1.5 + 2.0)


def test_lambda_is_billed_by_the_millisecond_with_the_initialisation(events: Events, meter: Meter) -> None:
    """1,024 MB for 1.2 ms is 2 ms; a cold start of 100 ms at 512 MB counts half."""
    events.emit("lambda.report", duration_ms=1.2, init_ms=0.0, memory_mb=1024)
    events.emit("lambda.report", duration_ms=9.5, init_ms=90.5, memory_mb=512)
    assert usage(meter)["lambda.requests"] == 2
    assert usage(meter)["lambda.gbSeconds"] == pytest.approx(0.002 + 0.05)


def test_capacity_logs_and_transfer_add_up(events: Events, meter: Meter) -> None:
    events.emit("dynamodb.request", operation="PutItem", write_units=3.0)
    events.emit("dynamodb.request", operation="Query", read_units=0.5)
    events.emit("logs.put", group="g", size=GB // 2)
    events.emit("site.request", response_bytes=GB)
    events.emit("apigateway.post", connection="c", size=GB)
    found = usage(meter)
    assert (found["dynamodb.writeUnits"], found["dynamodb.readUnits"]) == (3.0, 0.5)
    assert (found["logs.ingestedGb"], found["logs.storedGbMonths"]) == (0.5, 0.5)
    assert (found["transfer.outGb"], found["s3.reads"]) == (2.0, 1)


def test_storage_is_what_came_to_be_stored_and_never_less_than_nothing(meter: Meter) -> None:
    meter.restart(stored_gb(GB, 2 * GB, 3 * GB))
    assert meter.reading(stored_gb(4 * GB, 2 * GB, GB))["usage"] == {"dynamodb.storageGbMonths": 3.0}


def test_a_custom_metric_counts_for_each_hour_in_which_it_is_put(events: Events, meter: Meter, time: Time) -> None:
    """However often, and by its dimensions (https://aws.amazon.com/cloudwatch/pricing/: metrics are prorated by the
    hour).
    """
    time.now = 7200.0
    for metric in ("stored", "failed", "stored"):
        events.emit("cloudwatch.metric", metric=("Chat", metric, (("FunctionName", "f"),)))
    time.now += 3600
    events.emit("cloudwatch.metric", metric=("Chat", "stored", (("FunctionName", "f"),)))
    assert usage(meter)["cloudwatch.metricHours"] == 3
    assert meter.reading({})["metrics"] == 2


def test_a_user_of_cognito_counts_once_however_active(events: Events, meter: Meter) -> None:
    for user in ("ann", "bob", "ann"):
        events.emit("cognito.user", user=user)
    assert usage(meter)["cognito.monthlyUsers"] == 2


def test_the_edge_is_billed_for_what_it_answers_and_s3_for_what_it_fetches(events: Events, meter: Meter) -> None:
    for missed in (True, False):
        events.emit("cloudfront.request", response_bytes=GB // 2, missed=missed)
    assert usage(meter) == {"cloudfront.requests": 2, "cloudfront.outGb": 1.0, "s3.reads": 1}


def test_a_file_that_is_fetched_from_outside_is_transfer_out(events: Events, meter: Meter) -> None:
    """By a URL signed beforehand; what functions fetch stays inside."""
    for query in ("X-Amz-Expires=300&X-Amz-Signature=ab", ""):
        fields = {"service": "s3", "method": "GET", "path": "/b/k", "query": query, "response_bytes": GB}
        events.emit("upstream.request", **fields)
    assert usage(meter) == {"s3.reads": 2, "transfer.outGb": 1.0}


def test_a_parameter_that_is_read_costs_a_request_to_kms(events: Events, meter: Meter) -> None:
    for operation in ("GetParameter", "PutParameter"):
        events.emit("upstream.request", service="ssm", operation=operation)
    assert usage(meter) == {"kms.requests": 1}


@pytest.mark.parametrize(
    ("method", "path", "query", "dimension"),
    [
        ("PUT", "/bucket/key", "", "s3.writes"),
        ("POST", "/bucket/key", "uploads", "s3.writes"),
        ("GET", "/bucket", "list-type=2", "s3.writes"),
        ("GET", "/bucket/key", "", "s3.reads"),
        ("HEAD", "/bucket/key", "", "s3.reads"),
        ("DELETE", "/bucket/key", "", "s3.deletes"),
    ],
)
def test_s3_requests_are_of_two_kinds_and_deletes_are_free(
    events: Events, meter: Meter, method: str, path: str, query: str, dimension: str
) -> None:
    events.emit("upstream.request", service="s3", method=method, path=path, query=query)
    events.emit("upstream.request", service="iam", method=method, path=path, query=query)
    assert usage(meter) == {dimension: 1}


def test_a_restart_counts_from_zero(events: Events, meter: Meter) -> None:
    fields: dict[str, Any] = {"connection": "c", "size": 10, "route": "sendMessage"}
    events.emit("apigateway.message", **fields)
    assert meter.reading({})["routes"] == {"sendMessage": 1}
    meter.restart({})
    assert meter.reading({})["routes"] == {}
    assert usage(meter) == {}


def test_steps_round_up_and_are_never_none() -> None:
    assert [steps(size, 10) for size in (0, 1, 10, 11)] == [1, 1, 1, 2]
