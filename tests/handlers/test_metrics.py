import json
import time

import pytest

from handlers.log import Log
from handlers.metrics import DELIVERY_LATENCY, FAILURES, MESSAGES_STORED, Value, embedded
from tests.handlers.events import Context


def test_metrics_stand_in_the_line_with_their_units_and_the_function(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "cloudrig-chat-send-message")
    measured: dict[str, Value] = {MESSAGES_STORED: 1, DELIVERY_LATENCY: [5, 7]}
    Log(Context()).info("answered", measured, type="sent")
    line = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Chat", [["FunctionName"]])
    assert directive["Metrics"] == [
        {"Name": "MessagesStored", "Unit": "Count"},
        {"Name": "DeliveryLatency", "Unit": "Milliseconds"},
    ]
    assert (line["MessagesStored"], line["DeliveryLatency"]) == (1, [5, 7])
    assert line["FunctionName"] == "cloudrig-chat-send-message"
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 5
    assert line["type"] == "sent"


def test_a_line_without_metrics_stays_short(capsys: pytest.CaptureFixture[str]) -> None:
    Log(Context()).info("answered", type="pong")
    assert "_aws" not in capsys.readouterr().out


def test_an_unexpected_failure_counts(capsys: pytest.CaptureFixture[str]) -> None:
    Log(Context()).failure(ValueError("secret"))
    line = json.loads(capsys.readouterr().out)
    assert line[FAILURES] == 1
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "Failures", "Unit": "Count"}]


def test_no_metric_has_more_values_than_the_format_holds() -> None:
    values = embedded({DELIVERY_LATENCY: range(150)})[DELIVERY_LATENCY]
    assert isinstance(values, list)
    assert len(values) == 100
