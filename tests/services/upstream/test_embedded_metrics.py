"""Lines as https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
has them."""

import json
from typing import Any

import pytest

from cloudrig.services.upstream.embedded_metrics import EmbeddedMetric, metrics_in


def line(directive: Any = None, **members: Any) -> str:
    default = {
        "Namespace": "lambda-function-metrics",
        "Dimensions": [["functionVersion"]],
        "Metrics": [{"Name": "time", "Unit": "Milliseconds", "StorageResolution": 60}],
    }
    aws = {"Timestamp": 1574109732004, "CloudWatchMetrics": [default if directive is None else directive]}
    return json.dumps({"_aws": aws, "functionVersion": "$LATEST", "time": 100, "requestId": "989ffbf8", **members})


def test_the_specifications_example() -> None:
    (found,) = metrics_in(line())
    dimensions = (("functionVersion", "$LATEST"),)
    assert found == EmbeddedMetric("lambda-function-metrics", dimensions, "time", "Milliseconds", (100.0,))


def test_each_set_of_dimensions_is_a_metric_of_its_own() -> None:
    directive = {"Namespace": "n", "Dimensions": [["a", "b"], ["a"], []], "Metrics": [{"Name": "x"}, {"Name": "y"}]}
    found = metrics_in(line(directive, a="1", b="2", x=1, y=[1, 2.5]))
    assert [(each.name, each.dimensions) for each in found] == [
        ("x", (("a", "1"), ("b", "2"))),
        ("y", (("a", "1"), ("b", "2"))),
        ("x", (("a", "1"),)),
        ("y", (("a", "1"),)),
        ("x", ()),
        ("y", ()),
    ]
    assert found[1].values == (1.0, 2.5)
    assert found[0].unit == "None"


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: 1",
        '{"level": "INFO"}',
        '{"_aws": {}}',
        '{"_aws": {"CloudWatchMetrics": 7}}',
        '{"_aws": {"CloudWatchMetrics": [{"Namespace": "n"}]}}',
        '{"_aws": ',
        'text with "_aws" in it',
        line(time="fast"),
        line(time=True),
        line(time=[1] * 101),
        line(functionVersion=7),
        line({"Namespace": "n", "Metrics": [{"Name": "absent"}]}),
        line({"Namespace": "n", "Metrics": [{"Name": "time"}] * 101}),
    ],
)
def test_what_is_not_as_the_format_says_is_a_line_like_any_other(text: str) -> None:
    assert metrics_in(text) == []
