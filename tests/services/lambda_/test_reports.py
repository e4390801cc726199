"""The platform's own lines and payloads: aws-behaviour §10.2 and §10.4."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from cloudrig.services.lambda_ import reports
from cloudrig.services.lambda_.reports import Failure


def test_lines_of_an_invocation() -> None:
    assert reports.start("id", "$LATEST") == "START RequestId: id Version: $LATEST\n"
    assert reports.end("id") == "END RequestId: id\n"
    assert reports.report("id", 3.011, 128, 36, 110.1, None) == (
        "REPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n"
    )
    assert reports.report("id", 3.0, 128, 36, None, None).endswith("Billed Duration: 3 ms\tMemory Size: 128 MB\t"
                                                                   "Max Memory Used: 36 MB\t\n")  # fmt: skip


def test_failures_end_the_report() -> None:
    timeout = reports.report("id", 1000, 128, 36, None, reports.timed_out(1))
    assert timeout.endswith("Max Memory Used: 36 MB\tStatus: timeout\n")
    crash = reports.report("id", 1, 128, 36, None, reports.exited(1))
    assert crash.endswith("\tStatus: error\tError Type: Runtime.ExitError\n")


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
    assert reports.exited(-1).message == "Runtime exited with error: signal: 1"


def test_lines_of_failures() -> None:
    now = datetime(2026, 11, 20, 10, 0, 0, 123_456, UTC)
    assert reports.task_timed_out(now, "id", 3) == "2026-11-20T10:00:00.123Z id Task timed out after 3.00 seconds\n\n"
    assert reports.exit_error("id", reports.exited(1)) == (
        "RequestId: id Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n"
    )
    assert reports.init_report(130.333, Failure("Runtime.ImportModuleError")) == (
        "INIT_REPORT Init Duration: 130.33 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError\n"
    )
