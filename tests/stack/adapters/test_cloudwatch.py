from stack import Clients
from stack.adapters import Adapters
from stack.alarms import Alarm, failing, late, throttled
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def alarms(prefix: str, percent: float = 1) -> list[Alarm]:
    return [
        failing("a", f"{prefix}-failing", f"{prefix}-signup", percent=percent),
        late("b", f"{prefix}-late", f"{prefix}-fan-out", age_s=60),
        throttled("c", f"{prefix}-throttled", f"{prefix}-Users"),
    ]


def test_an_alarm_compares_its_last_metric_only(adapters: Adapters, clients: Clients, prefix: str) -> None:
    facts = bring_about(adapters, *alarms(prefix))
    (found,) = clients.cloudwatch.describe_alarms(AlarmNames=[f"{prefix}-failing"])["MetricAlarms"]
    assert [query["Id"] for query in found["Metrics"] if query["ReturnData"]] == ["percent"]
    assert (found["Threshold"], found["ComparisonOperator"]) == (1.0, "GreaterThanThreshold")
    assert found["TreatMissingData"] == "notBreaching"
    assert facts["alarm.a.arn"].endswith(f":alarm:{prefix}-failing")
    (age,) = clients.cloudwatch.describe_alarms(AlarmNames=[f"{prefix}-late"])["MetricAlarms"]
    assert age["Metrics"][0]["MetricStat"]["Metric"]["MetricName"] == "IteratorAge"
    assert age["Threshold"] == 60_000


def test_only_an_alarm_that_differs_is_changed(adapters: Adapters, wire: Wire, prefix: str) -> None:
    bring_about(adapters, *alarms(prefix))
    wire.requests.clear()
    bring_about(adapters, *alarms(prefix, percent=5))
    assert wire.changes == ["PutMetricAlarm"]


def test_a_removed_alarm_is_gone(adapters: Adapters, prefix: str) -> None:
    bring_about(adapters, *alarms(prefix))
    assert len(remove(adapters, *alarms(prefix))) == 3
    assert remove(adapters, *alarms(prefix)) == []
