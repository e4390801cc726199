"""What is said of the cost of a stack before it is deployed."""

from cloudrig.cost.standing import standing
from stack import Parameters, chat
from stack.alarms import failing, late
from stack.resources import Stack


def test_each_metric_that_an_alarm_watches_is_billed_and_expressions_are_not() -> None:
    """Three metrics of one alarm, one of the other: four at $0.10."""
    alarms = Stack("chat", (failing("a", "a", "f", percent=1.0), late("b", "b", "f", age_s=60.0)))
    first, second, _ = standing(alarms, "us-east-1")
    assert first.startswith("Standing: $0.40 a month (alarms on 4 metrics at $0.10)")
    assert "tables $0.25, their backups $0.2, logs $0.03, files and site $0.023" in second


def test_a_region_without_prices_is_no_reason_not_to_deploy() -> None:
    (said,) = standing(chat.undeclared(Parameters()), "mars-1")
    assert "not known" in said
