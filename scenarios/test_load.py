"""Loads on the chat: what they report is true, also when something is killed in the middle of one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudrig import background
from cloudrig.background import RunningRig
from cloudrig.cost.bill import bill
from cloudrig.cost.command import read_meter, start_meter
from cloudrig.cost.prices import prices
from cloudrig.deployment import ROOT, deployment, sources
from cloudrig.engine.config import Config
from cloudrig.engine.usage import processes
from cloudrig.targets import Target, from_environ
from loadtests.budget import Ceiling
from loadtests.costs import foreseen
from loadtests.profiles import PROFILES
from stack import Outputs

pytestmark = pytest.mark.needs("load")

Watcher = Callable[[subprocess.Popen[str], str], None]
"""What is done with each line of progress."""


def load(endpoint: str | None, out: Path, *arguments: str, watch: Watcher | None = None) -> tuple[int, dict[str, Any]]:
    """Run a load, whatever it costs; its exit status and its summary."""
    environ = os.environ | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})
    command = [sys.executable, "-m", "loadtests", "--yes", "--out", str(out), *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if watch is not None:
                watch(process, line)
    summary = out / "summary.json"
    return process.returncode, json.loads(summary.read_text()) if summary.exists() else {}


def test_a_little_of_everything_loses_nothing(outputs: Outputs, target: Target, tmp_path: Path) -> None:
    """`make load PROFILE=smoke`: chatters in rooms, guests, lurkers, people whose connection is lost and who return."""
    status, summary = load(target.endpoint, tmp_path, "--profile", "smoke")
    account = summary["account"]
    assert (status, summary["failures"]) == (0, [])
    assert account["sent"] == account["acknowledged"] == account["looked_up"] > 100
    assert account["delivered"] >= account["expected"] > account["sent"]
    assert (account["lost"], account["not_stored"], account["stored_twice"], account["dropped"]) == (0, 0, 0, 0)
    assert {"sign up", "log in", "connect", "reconnect", "join", "history", "ping", "acknowledge", "deliver"} <= set(
        summary["latencyMs"]
    )
    assert "<svg" in (tmp_path / "report.html").read_text()


def test_a_threshold_that_was_passed_fails_the_load(outputs: Outputs, target: Target, tmp_path: Path) -> None:
    status, summary = load(
        target.endpoint, tmp_path, "--profile", "smoke", "--duration", "3", "--max-p99-delivery-ms", "0.01"
    )
    assert status == 1
    (failure,) = summary["failures"]
    assert "at most 0 was asked" in failure


def test_three_workers_hear_each_other(outputs: Outputs, target: Target, tmp_path: Path) -> None:
    """Guests of three processes in one lobby: every one hears every message, whichever process sent it."""
    arguments = ["--profile", "broadcast", "--users", "9", "--rate", "6", "--duration", "5", "--ramp", "9"]
    status, summary = load(target.endpoint, tmp_path, *arguments, "--processes", "3")
    account = summary["account"]
    assert (status, summary["failures"]) == (0, [])
    assert account["connections"] == 9
    assert account["expected"] == 9 * account["acknowledged"] > 0


def test_a_worker_that_is_killed_is_missing_in_the_account(outputs: Outputs, target: Target, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(process: subprocess.Popen[str], line: str) -> None:
        if "3 of 3 workers" in line:
            listing = subprocess.run(
                ["ps", "-ww", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
            )
            killed.append(int(listing.stdout.split()[0]))
            os.kill(killed[0], signal.SIGKILL)

    arguments = ["--profile", "broadcast", "--users", "9", "--rate", "6", "--duration", "8", "--ramp", "9"]
    status, summary = load(target.endpoint, tmp_path, *arguments, "--processes", "3", watch=kill_one)
    assert killed
    assert status == 1
    assert summary["account"]["connections"] == 6
    assert summary["failures"] == ["1 of the workers went, and the account of their users with them."]


@pytest.mark.needs("clock")  # a meter
def test_a_load_costs_no_more_than_was_foreseen(outputs: Outputs, target: Target, tmp_path: Path) -> None:
    """By the rig's meter, in no dimension but Lambda's time, which is this machine's; nor more than its own count."""
    endpoint = str(target.endpoint)
    start_meter(endpoint)
    status, summary = load(endpoint, tmp_path, "--profile", "smoke", "--duration", "5", "--max-usd", "1")
    used = read_meter(endpoint)["usage"]
    used.pop("lambda.gbSeconds")
    assert status == 0
    estimate = foreseen(PROFILES["smoke"].changed(duration_s=5.0)).usage()
    assert {name for name, quantity in used.items() if quantity > estimate.get(name, 0.0)} == set()
    usd = sum(item.usd for item in bill(used, prices(target.region), free_tier=False))
    assert usd <= summary["cost"]["usd"] <= Ceiling(1.0, 0.0, prices(target.region)).usd_of(foreseen(PROFILES["smoke"]))


def test_a_load_that_passes_its_ceiling_is_cut_short(outputs: Outputs, target: Target, tmp_path: Path) -> None:
    """What others say in the lobby comes to its connections too, and was not foreseen."""
    quiet = ["--profile", "broadcast", "--users", "5", "--ramp", "5", "--rate", "1", "--duration", "60"]
    loud = ["--profile", "broadcast", "--users", "5", "--ramp", "5", "--rate", "80", "--duration", "60"]
    profile = PROFILES["broadcast"].with_users(5).changed(rate=1.0, duration_s=60.0, ramp=5.0)
    usd = 1.05 * Ceiling(0.0, 0.0, prices(target.region)).usd_of(foreseen(profile))
    environ = os.environ | target.sdk_variables()
    command = [sys.executable, "-m", "loadtests", "--yes", "--out", str(tmp_path / "loud"), *loud]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as other:
        status, summary = load(target.endpoint, tmp_path / "quiet", *quiet, "--max-usd", f"{usd:.6f}")
        other.terminate()
    assert status == 1
    assert summary["durationS"] < 60
    assert summary["failures"][0].startswith("Cut short: after ")
    assert summary["cost"]["usd"] > usd


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRig]:
    """A rig with a chat, to kill things of."""
    data_dir = tmp_path_factory.mktemp("breakable")
    running = background.start(Config(data_dir, port=0))
    own = from_environ({}, running.url)
    deployment(own, os.environ | {"RATE_LIMIT": "0"}).deploy(sources(own), report=lambda line: None)
    yield running
    if background.find(data_dir):
        background.stop(data_dir, running)


def environments(engine: int) -> list[int]:
    """The forks of the template."""
    (template,) = children(engine, "lambda_/template.py")
    return children(template)


def children(of: int, command: str = "") -> list[int]:
    return [
        each.pid
        for each in processes()
        if each.parent == of and command in Path(f"/proc/{each.pid}/cmdline").read_text(errors="replace")
    ]


@pytest.mark.needs("clock")  # a rig to kill things of
@pytest.mark.skipif(sys.platform != "linux", reason="finds what to kill in /proc")
@pytest.mark.parametrize(
    "doomed", [environments, lambda engine: children(engine, "dynoxide")], ids=["environments", "dynoxide"]
)
def test_what_is_killed_below_a_load_costs_nothing_that_was_acknowledged(
    breakable: RunningRig, tmp_path: Path, doomed: Callable[[int], list[int]]
) -> None:
    """What it had in hand is not answered, or refused, and the report says how much that was; all else goes on."""
    killed: list[int] = []

    def kill(process: subprocess.Popen[str], line: str) -> None:
        if " sent, " in line and not killed:
            for pid in doomed(breakable.pid):
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)

    arguments = ["--profile", "broadcast", "--users", "5", "--rate", "20", "--duration", "8", "--ramp", "5"]
    status, summary = load(breakable.url, tmp_path, *arguments, watch=kill)
    account = summary["account"]
    assert killed
    assert (account["lost"], account["not_stored"], account["stored_twice"]) == (0, 0, 0)
    failed = account["sent"] - account["acknowledged"]
    assert failed == account["unanswered"] + sum(account["refused"].values())
    assert account["unanswered"] <= account["trouble"].get("API Gateway: Internal server error", 0)
    unanswered = [f"{account['unanswered']:,} messages were not answered."] if account["unanswered"] else []
    assert (status, summary["failures"]) == (1 if unanswered else 0, unanswered)
    assert account["acknowledged"] > 0.75 * account["sent"], "it goes on after the kill, which is after 5 s of 8"


@pytest.mark.needs("clock")  # a rig to kill
def test_an_engine_that_is_killed_shows_in_the_report(breakable: RunningRig, tmp_path: Path) -> None:
    def kill_engine(process: subprocess.Popen[str], line: str) -> None:
        if " are in after" in line:
            os.kill(breakable.pid, signal.SIGKILL)

    arguments = ["--profile", "broadcast", "--users", "5", "--rate", "5", "--duration", "4", "--ramp", "5"]
    status, summary = load(breakable.url, tmp_path / "out", *arguments, watch=kill_engine)
    assert status == 1
    assert "5 connections were dropped." in summary["failures"]
    assert any("did not answer for" in failure for failure in summary["failures"])


def test_without_a_chat_a_load_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtests", "--out", str(tmp_path)]
    environ = os.environ | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("loadtests: no chat to load: ")
    assert "make up" in done.stderr
