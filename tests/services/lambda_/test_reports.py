"""Payloads of failures: aws-behaviour §10.2."""

from __future__ import annotations

import json

from cloudrig.services.lambda_ import reports
from cloudrig.services.lambda_.reports import Failure


def test_payloads_of_failures() -> None:
    assert json.loads(reports.timed_out(3).payload("id")) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id Error: Task timed out after 3.00 seconds",
    }
    assert Failure("Runtime.ImportModuleError", body=b"{}").payload("id") == b"{}"


def test_how_a_process_ended() -> None:
    assert reports.exited(0).message == "Runtime exited without providing a reason"
    assert reports.exited(2).message == "Runtime exited with error: exit status 2"
    assert reports.exited(-9).message == "Runtime exited with error: signal: killed"
    for number, name in ((2, "interrupt"), (6, "aborted"), (10, "user defined signal 1"), (11, "segmentation fault")):
        assert reports.exited(-number).message == f"Runtime exited with error: signal: {name}"
