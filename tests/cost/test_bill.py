"""What usage comes to, and what it would at another scale."""

import pytest

from cloudrig.cost.bill import ScaleError, bill, month, render
from cloudrig.cost.prices import PriceError, prices


def test_a_million_messages_cost_what_the_table_says() -> None:
    (item,) = bill({"apigateway.websocketMessages": 1_000_000}, prices("us-east-1"), free_tier=False)
    assert item.usd == pytest.approx(1.00)


def test_awss_own_example_of_websocket_pricing() -> None:
    """A chat of 1,000 users who are connected for 12 hours a day, send 100 messages and get 500: $18.00 for messages,
    $5.40 for connection minutes (https://aws.amazon.com/api-gateway/pricing/).
    """
    month_of_it = {
        "apigateway.websocketMessages": (100 + 500) * 1000 * 30,
        "apigateway.connectionMinutes": 1000 * 12 * 60 * 30,
    }
    messages, minutes = bill(month_of_it, prices("us-east-1"), free_tier=False)
    assert messages.usd == pytest.approx(18.00)
    assert minutes.usd == pytest.approx(5.40)


def test_the_free_tier_is_taken_off_each_dimension_and_never_below_nothing() -> None:
    usage = {"lambda.requests": 1_500_000.0, "lambda.gbSeconds": 1000.0}
    items = {item.title: item for item in bill(usage, prices("us-east-1"), free_tier=True)}
    assert items["Lambda requests"].paid == 500_000
    assert items["Lambda requests"].usd == pytest.approx(0.10)
    assert items["Lambda GB-seconds"].usd == 0


def test_what_has_no_price_is_not_billed() -> None:
    assert bill({"s3.deletes": 5.0}, prices("us-east-1"), free_tier=False) == []


def test_a_region_without_prices_names_those_that_have() -> None:
    with pytest.raises(PriceError, match=r"mars-1.*eu-west-1, us-east-1"):
        prices("mars-1")


def test_every_region_prices_every_dimension() -> None:
    assert prices("eu-west-1").of.keys() == prices("us-east-1").of.keys()


def test_a_month_scales_what_messages_cause_and_counts_minutes_by_users() -> None:
    usage = {"lambda.requests": 200.0, "apigateway.connectionMinutes": 7.0}
    scaled = month(usage, 100, users=10, messages_a_day=1000, minutes_a_day=60, cognito_users=4)
    assert scaled == {
        "lambda.requests": 200 / 100 * 1000 * 30,
        "apigateway.connectionMinutes": 10 * 60 * 30,
        "cognito.monthlyUsers": 4.0,
    }


def test_metrics_and_alarms_stand_all_the_month_whatever_is_said() -> None:
    """Five metrics at $0.30, of which an hour was metered; alarms on twelve at $0.10: ten of each are free."""
    table = prices("us-east-1")
    usage = {"cloudwatch.metricHours": 5.0}
    scaled = month(usage, 10, users=1, messages_a_day=1000, minutes_a_day=0, metrics=5, alarm_metrics=12)
    assert sum(item.usd for item in bill(scaled, table, free_tier=False)) == pytest.approx(5 * 0.30 + 12 * 0.10)
    assert sum(item.usd for item in bill(scaled, table, free_tier=True)) == pytest.approx(2 * 0.10)


def test_users_of_cognito_are_told_not_scaled() -> None:
    usage = {"cognito.monthlyUsers": 3.0, "lambda.requests": 10.0}
    assert "cognito.monthlyUsers" not in month(usage, 10, users=1, messages_a_day=1, minutes_a_day=0)


def test_a_run_in_which_nothing_was_said_cannot_be_scaled() -> None:
    with pytest.raises(ScaleError, match="run a load while metering"):
        month({}, 0, users=1, messages_a_day=1, minutes_a_day=1)


def test_the_bill_says_where_it_comes_from_and_what_nobody_has_checked() -> None:
    usage = {"lambda.requests": 1_000_000.0, "kms.requests": 1.0}
    for region, words in (
        ("us-east-1", "nobody has compared the prices of: KMS requests"),
        ("eu-west-1", "nobody has compared this region's prices"),
    ):
        table = prices(region)
        *_, last = render(bill(usage, table, free_tier=False), table, "This run", free_tier=False)
        assert region in last
        assert words in last
