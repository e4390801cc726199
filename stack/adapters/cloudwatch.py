"""CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stack.adapters.base import Adapter
from stack.alarms import Alarm, Metric
from stack.plan import Changes, Observed

if TYPE_CHECKING:
    from types_boto3_cloudwatch.type_defs import (
        MetricAlarmTypeDef,
        MetricDataQueryOutputTypeDef,
        MetricDataQueryTypeDef,
    )

PERIOD_S = 60


class Alarms(Adapter[Alarm]):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""

    def observe(self, resource: Alarm) -> Observed | None:
        """One call."""
        found = self.clients.cloudwatch.describe_alarms(AlarmNames=[resource.name]).get("MetricAlarms", [])
        return Observed(_aspects(found[0]), self._attributes(resource)) if found else None

    def apply(self, resource: Alarm, observed: Observed | None, changes: Changes) -> Mapping[str, str]:
        """Make it, or make it anew: PutMetricAlarm does both."""
        self.clients.cloudwatch.put_metric_alarm(
            AlarmName=resource.name,
            AlarmDescription=resource.description,
            Metrics=[query(each, each is resource.metrics[-1]) for each in resource.metrics],
            ComparisonOperator="GreaterThanThreshold",
            Threshold=resource.threshold,
            EvaluationPeriods=resource.minutes,
            TreatMissingData="notBreaching",
            Tags=[{"Key": key, "Value": value} for key, value in self.context.tags.items()],
        )
        return self._attributes(resource)

    def delete(self, resource: Alarm, observed: Observed) -> None:
        """Remove it; one that is not there is no error."""
        self.clients.cloudwatch.delete_alarms(AlarmNames=[resource.name])

    def _attributes(self, alarm: Alarm) -> dict[str, str]:
        return {"name": alarm.name, "arn": self.context.arn("cloudwatch", f"alarm:{alarm.name}")}


def query(metric: Metric, is_compared: bool) -> MetricDataQueryTypeDef:
    """As CloudWatch takes it, and CloudFormation."""
    if metric.expression:
        return {"Id": metric.id, "Expression": metric.expression, "ReturnData": is_compared}
    return {
        "Id": metric.id,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            },
            "Period": PERIOD_S,
            "Stat": metric.statistic,
        },
        "ReturnData": is_compared,
    }


def _aspects(found: MetricAlarmTypeDef) -> dict[str, object]:
    return {
        "description": found.get("AlarmDescription"),
        "metrics": sorted((_shown(query) for query in found.get("Metrics", [])), key=lambda shown: str(shown[0])),
        "threshold": found.get("Threshold"),
        "minutes": found.get("EvaluationPeriods"),
    }


def _shown(query: MetricDataQueryOutputTypeDef) -> list[object]:
    if query.get("Expression"):
        return [query["Id"], query["Expression"]]
    statistic = query["MetricStat"]
    metric = statistic["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
    return [query["Id"], metric.get("Namespace"), metric.get("MetricName"), dimensions, statistic["Stat"]]
