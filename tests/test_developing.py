"""`cloudrig invoke` as a user meets it, on a rig with one function."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from cloudrig import background
from cloudrig.engine.config import Config

SOURCE = """
import os
def handler(event, context):
    print("called with", event)
    if event.get("fail"):
        raise ValueError("as asked")
    if event.get("nap"):
        import time
        time.sleep(event["nap"])
    return {"got": event, "setting": os.environ["SETTING"], "left": context.get_remaining_time_in_millis() > 5000}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a rig that has a function `echo`."""
    folder = tmp_path_factory.mktemp("rig")
    running = background.start(Config(data_dir=folder, port=0))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("echoing.py", SOURCE)
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    session.client("lambda", endpoint_url=running.url).create_function(
        FunctionName="echo",
        Runtime="python3.13",
        Handler="echoing.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": {"SETTING": "set"}},
        Timeout=1,
    )
    yield folder
    background.stop(folder, running)


def invoke(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return cloudrig(folder, "invoke", *arguments, stdin=stdin)


def cloudrig(folder: Path, command: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CLOUDRIG_"))}
    words = [sys.executable, "-m", "cloudrig", command, "--data-dir", str(folder), *arguments]
    return subprocess.run(words, input=stdin, capture_output=True, text=True, env=environ, timeout=60, check=False)


def test_prints_the_answer_and_apart_from_it_the_log(folder: Path) -> None:
    done = invoke(folder, "echo", "--event", "-", stdin='{"n": 1}')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"got": {"n": 1}, "setting": "set", "left": False}
    assert "called with {'n': 1}" in done.stderr
    assert "REPORT RequestId" in done.stderr


def test_an_event_from_a_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"n": 2}')
    assert json.loads(invoke(folder, "echo", "--event", str(tmp_path / "event.json")).stdout)["got"] == {"n": 2}
    assert json.loads(invoke(folder, "echo").stdout)["got"] == {}


def test_a_failing_function_is_status_1_and_its_error_the_answer(folder: Path) -> None:
    done = invoke(folder, "echo", "--event", "-", stdin='{"fail": true}')
    assert done.returncode == 1
    assert json.loads(done.stdout)["errorMessage"] == "as asked"
    assert "echo failed (Unhandled)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["absent"], "", "there is no function absent"),
        (["absent", "--debug"], "", "there is no function absent"),
        (["echo", "--event", "/absent"], "", "the event cannot be read"),
        (["echo", "--event", "-"], "{", "the event is not JSON"),
    ],
)
def test_what_cannot_be_done(folder: Path, arguments: list[str], stdin: str, words: str) -> None:
    done = invoke(folder, *arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr


def test_debugging_stops_at_the_first_line_without_a_timeout(folder: Path) -> None:
    """The function's timeout is 1 s: here it has as long as it takes."""
    done = invoke(folder, "echo", "--debug", stdin="p event, context.function_name\nnext\np 6 * 7\ncontinue\n")
    assert done.returncode == 0, done.stderr
    assert "-> print(" in done.stdout
    assert "42" in done.stdout
    assert '"left": true' in done.stdout


def test_leaving_the_debugger(folder: Path) -> None:
    done = invoke(folder, "echo", "--debug", stdin="quit\n")
    assert done.returncode == 1
    assert "the debugger was left" in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("debugpy") is not None, reason="debugpy is installed, and would wait")
def test_waiting_for_a_client_takes_debugpy(folder: Path) -> None:
    done = invoke(folder, "echo", "--listen", "4690")
    assert done.returncode == 1
    assert "debugpy is not installed" in done.stderr
    assert "pip install debugpy" in done.stderr


def test_logs_of_any_function_of_the_rig(folder: Path) -> None:
    """By its name or its ARN, whether or not a stack is deployed; where none is, of all without a name."""
    assert invoke(folder, "echo", "--event", "-", stdin='{"n": "seen in the log"}').returncode == 0
    arn = "arn:aws:lambda:us-east-1:000000000000:function:echo"
    deadline = time.monotonic() + 30
    for names in (["echo"], [arn], []):
        while "seen in the log" not in (said := cloudrig(folder, "logs", *names).stdout):
            assert time.monotonic() < deadline, said
    none = cloudrig(folder, "logs", "absent")
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr.startswith("cloudrig: there is no function absent")
