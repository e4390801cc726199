"""Recordings of what AWS answers: made, compared with, and never of anything else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloudrig import targets
from cloudrig.deployment import ROOT
from scenarios.conformance.client import Answer
from scenarios.conformance.parity import RECORDINGS, Parity, steady

TARGET = targets.from_environ({}, "http://127.0.0.1:5000")
AWS = {"CLOUDRIG_TARGET": "aws", "CLOUDRIG_AWS_ACCOUNT": "111122223333"}


def test_what_is_volatile_has_a_placeholder() -> None:
    answer = {
        "connectionId": "L0SM9cOFvHcCIhw=",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "host": "abc123.execute-api.eu-west-1.amazonaws.com",
        "rig": "127.0.0.1:4567",
        "arn": "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod",
        "times": ["2026-11-27T15:00:01.123Z", "27/Nov/2026:15:00:01 +0000", 1795752051135],
        "status": 403,
        "message": "Missing Authentication Token",
    }
    assert steady(answer, {"abc123": "{api}"}).splitlines() == [
        "{",
        ' "arn": "arn:aws:execute-api:eu-west-1:{account}:{api}/prod",',
        ' "connectionId": "{id}",',
        ' "host": "{api}.{host}",',
        ' "message": "Missing Authentication Token",',
        ' "requestId": "{uuid}",',
        ' "rig": "{host}",',
        ' "status": 403,',
        ' "times": [',
        '  "{time}",',
        '  "{time}",',
        "  {time}",
        " ]",
        "}",
    ]


def test_an_answer_is_compared_once_it_was_recorded(tmp_path: Path) -> None:
    replaying = Parity(TARGET, tmp_path, record=False, known={})
    assert replaying("gone", Answer(410, "GoneException", None)).status == 410, "nothing recorded, nothing said"
    Parity(TARGET, tmp_path, record=True, known={})("gone", Answer(410, "GoneException", None))
    replaying("gone", Answer(410, "GoneException", None))
    with pytest.raises(AssertionError, match=r"gone is not as recorded from embedded, us-east-1, \d{4}-\d\d-\d\d"):
        replaying("gone", Answer(404, "GoneException", None))


def test_only_an_account_of_awss_is_aws() -> None:
    assert targets.from_environ(AWS).is_aws
    assert not TARGET.is_aws
    rehearsed = targets.from_environ({**AWS, "CLOUDRIG_AWS_ACCOUNT": "000000000000"})
    assert (rehearsed.target, rehearsed.is_aws, rehearsed.bills) == ("rehearsal", False, True)


def test_what_is_kept_as_awss_answers_is_theirs() -> None:
    for file in RECORDINGS.glob("*"):
        assert file.read_text().startswith("aws, "), file


def conformance(*options: str) -> subprocess.CompletedProcess[str]:
    """Run one conformance scenario, on a rig of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CLOUDRIG_"))}
    scenario = "scenarios/conformance/test_rest_errors.py::test_media_type"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", scenario, *options]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False)


def test_a_scenario_records_and_is_held_to_it(tmp_path: Path) -> None:
    folder = f"--recordings={tmp_path}"
    assert conformance("--record", folder).returncode == 0
    file = tmp_path / "rest-media-type.txt"
    came_from, recorded = file.read_text().split("\n", 1)
    assert came_from.startswith("embedded, us-east-1, ")
    assert '"status": 415' in recorded
    assert conformance(folder).returncode == 0
    file.write_text(file.read_text().replace("Unsupported Media Type", "Unsupported"))
    changed = conformance(folder)
    assert changed.returncode == 1
    assert "rest-media-type is not as recorded from embedded" in changed.stdout


def test_only_aws_is_recorded_as_aws() -> None:
    refused = conformance("--record")
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the target is embedded: set CLOUDRIG_TARGET=aws, or give a folder of your own" in refused.stderr
