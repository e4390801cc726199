"""The command line as a user meets it: the real program, real processes, its words and exit statuses."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cloudrig import background
from cloudrig.deployment import ROOT

ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CLOUDRIG_"))}
COMMANDS = [
    "serve",
    "up",
    "down",
    "rehearse",
    "status",
    "build",
    "deploy",
    "destroy",
    "outputs",
    "invoke",
    "watch",
    "logs",
    "doctor",
    "cost",
    "report",
    "terraform",
]


def cloudrig(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cloudrig", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRON | environ, timeout=120, check=False)


def up(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return cloudrig("up", "--data-dir", str(folder), "--port", "0", *arguments)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    cloudrig("down", "--data-dir", str(tmp_path))


def processes_of(folder: Path) -> list[str]:
    """Command lines of everything started for a data folder."""
    listing = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(folder) in line]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = cloudrig(command, "--help")
    assert done.returncode == 0
    assert f"usage: cloudrig {command}" in done.stdout
    assert len(done.stdout.splitlines()) >= 5


def test_make_help_names_every_target_that_explains_itself() -> None:
    explained = re.findall(r"^([^\s:#]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"^  make (\S+)", done.stdout, re.MULTILINE) == explained


def test_wrong_usage_is_status_2() -> None:
    assert cloudrig("fly").returncode == 2
    assert cloudrig().returncode == 2


def test_a_flag_that_is_not_is_answered_with_those_of_the_command() -> None:
    done = cloudrig("logs", "--folow")
    assert done.returncode == 2
    assert "usage: cloudrig logs" in done.stderr
    assert "unrecognized arguments: --folow" in done.stderr


def test_up_status_outputs_down(folder: Path) -> None:
    """The whole life of a rig; a second `up` changes nothing, `down` leaves no process and no port."""
    first = up(folder)
    assert first.returncode == 0, first.stderr
    assert "Site       http://127.0.0.1:" in first.stdout
    running = background.find(folder)
    assert running is not None

    second = up(folder)
    assert second.returncode == 0, second.stderr
    assert "nothing to change" in second.stdout
    assert background.find(folder) == running

    status = cloudrig("status", "--data-dir", str(folder))
    assert status.returncode == 0, status.stdout
    assert f"pid {running.pid}" in status.stdout

    outputs = json.loads(cloudrig("outputs", "--json", "--data-dir", str(folder)).stdout)
    keys = "target region rest_url websocket_url callback_url site_url tables functions"
    assert set(outputs) == set(keys.split())
    with urllib.request.urlopen(outputs["site_url"]) as page:
        assert page.status == 200
    assert f"WebSocket  {outputs['websocket_url']}\n" in cloudrig("deploy", "--data-dir", str(folder)).stdout

    down = cloudrig("down", "--data-dir", str(folder))
    assert down.returncode == 0
    assert processes_of(folder) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(running.url.rpartition(":")[2]))) != 0
    assert cloudrig("status", "--data-dir", str(folder)).returncode == 1
    assert cloudrig("down", "--data-dir", str(folder)).returncode == 0


def test_two_ups_at_once_make_one_rig(folder: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: up(folder), range(2)))
    assert [done.returncode for done in both] == [0, 0], [done.stderr for done in both]
    assert sum("rig started" in done.stdout for done in both) == 1


def test_after_kill_minus_nine_nothing_runs_and_up_works(folder: Path) -> None:
    assert up(folder).returncode == 0
    running = background.find(folder)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    deadline = 100
    while processes_of(folder) and deadline:
        deadline -= 1
        subprocess.run(["sleep", "0.05"], check=True)
    assert processes_of(folder) == []
    again = up(folder)
    assert again.returncode == 0, again.stderr


def test_a_taken_port_names_its_owner_and_a_way_out(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = cloudrig("up", "--data-dir", str(folder), "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"cloudrig: 127.0.0.1:{port} is taken")
    assert f"pid {os.getpid()}" in done.stderr
    assert "--port" in done.stderr


def test_a_port_or_host_that_cannot_be_is_named(folder: Path) -> None:
    assert cloudrig("up", "--data-dir", str(folder), "--port", "65536").returncode == 2
    done = cloudrig("up", "--data-dir", str(folder), "--port", "http")
    assert done.returncode == 2
    assert "http is no port: 0 to 65535" in done.stderr
    done = cloudrig("up", "--data-dir", str(folder), "--port", "0", "--host", "192.0.2.1")
    assert done.returncode == 1
    assert done.stderr == "cloudrig: 192.0.2.1 is no address of this machine (Cannot assign requested address)\n"


def test_up_interrupted_while_the_rig_starts_leaves_nothing(folder: Path) -> None:
    command = [sys.executable, "-m", "cloudrig", "up", "--port", "0", "--data-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRON) as process:
        while not any("serve" in line for line in processes_of(folder)):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert processes_of(folder) == []


def test_up_into_a_closed_pipe_is_no_success(folder: Path) -> None:
    """`cloudrig up | true` has not deployed."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "cloudrig", "up", "--port", "0", "--data-dir", str(folder)]
    done = subprocess.run(command, stdout=writing, env=ENVIRON, timeout=60, check=False)
    os.close(writing)
    assert done.returncode == 128 + signal.SIGPIPE


def test_a_rig_of_another_folder_is_never_taken_for_this_ones(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert up(folder).returncode == 0
    other = tmp_path_factory.mktemp("other")
    (other / "rig.json").write_text((folder / "rig.json").read_text())  # as one killed there leaves it
    done = cloudrig("outputs", "--data-dir", str(other))
    assert done.returncode == 1
    assert "no rig runs here" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = up(tmp_path / "data")
    assert done.returncode == 1
    assert "--data-dir" in done.stderr


def test_a_folder_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = up(tmp_path / "file" / "data")
    assert done.returncode == 1
    assert "--data-dir" in done.stderr


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [("deploy", "CLOUDRIG_TARGET", "moon"), ("outputs", "AUTH_MODES", "magic"), ("serve", "CLOUDRIG_SERVICES", "s4")],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, command: str, variable: str, value: str) -> None:
    elsewhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"} if variable == "AUTH_MODES" else {}
    done = cloudrig(command, "--data-dir", str(tmp_path), **{variable: value}, **elsewhere)
    assert done.returncode == 1
    assert value in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_rig_a_deployment_says_what_to_do(tmp_path: Path) -> None:
    done = cloudrig("outputs", "--data-dir", str(tmp_path), AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "said"), [("serve", "cannot be written"), ("up", "is the disk full?")], ids=["serve", "up"]
)
def test_a_disk_that_takes_no_more_is_named(tmp_path: Path, command: str, said: str) -> None:
    """By the largest size that files may have."""
    rig = [sys.executable, "-m", "cloudrig", command, "--port", "0", "--data-dir", str(tmp_path)]
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *rig], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_prints_one_ready_line_and_ends_on_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cloudrig", "serve", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRON) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.fullmatch(
            rf"cloudrig ready at http://127\.0\.0\.1:\d+ \(https://127\.0\.0\.1:\d+\), pid {process.pid}\n", line
        )
        process.terminate()
        assert process.stdout.read() == ""
        assert process.wait(20) == 0
    assert processes_of(tmp_path) == []


def test_a_rehearsal_runs_a_command_as_against_aws_and_ends_with_its_status(tmp_path: Path) -> None:
    shown = "os.environ['CLOUDRIG_TARGET'], os.environ['HTTPS_PROXY'], 'AWS_ENDPOINT_URL' in os.environ"
    program = f"import os; print({shown}); raise SystemExit(3)"
    done = cloudrig("rehearse", sys.executable, "-c", program, AWS_ENDPOINT_URL="http://x")
    assert done.returncode == 3, done.stderr
    target, proxy, has_endpoint = done.stdout.split()
    assert (target, has_endpoint) == ("aws", "False")
    with socket.socket() as probe:  # nothing of it is left
        assert probe.connect_ex(("127.0.0.1", int(proxy.rpartition(":")[2]))) != 0


def test_a_rehearsal_of_nothing_says_what_it_wants() -> None:
    assert cloudrig("rehearse").returncode == 1
    assert "no-such-program" in cloudrig("rehearse", "no-such-program").stderr


def test_a_terminal_that_is_not_utf_8_gets_what_it_can_show(tmp_path: Path) -> None:
    done = cloudrig("doctor", "--data-dir", str(tmp_path), PYTHONIOENCODING="ascii")
    assert "Python" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("file", "words"), [("000000000000-us-east-1.json", "is damaged"), ("000000000000-us-east-1.sqlite", "SQLite")]
)
def test_a_damaged_data_folder_is_a_sentence(tmp_path: Path, file: str, words: str) -> None:
    (tmp_path / "dynamodb").mkdir()
    (tmp_path / "dynamodb" / "000000000000-us-east-1.sqlite").touch()
    (tmp_path / "dynamodb" / file).write_text("{ no JSON, and no database")
    done = cloudrig("serve", "--data-dir", str(tmp_path), "--port", "0")
    assert done.returncode == 1
    assert words in done.stderr
    assert "→ give another --data-dir" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("writable", [True, False])
def test_downloads_are_kept_in_the_home_if_there_is_one_to_write_to(tmp_path: Path, writable: bool) -> None:
    """Else in this folder, where everything else is installed."""
    home = tmp_path / "home"
    home.mkdir() if writable else home.touch()
    environ = {name: value for name, value in ENVIRON.items() if name not in ("UV_CACHE_DIR", "npm_config_cache")}
    done = subprocess.run(
        ["make", "-pn", "help"], cwd=ROOT, capture_output=True, text=True, check=True, env=environ | {"HOME": str(home)}
    )
    kept = [name for name in ("UV_CACHE_DIR", "npm_config_cache") if f"\n{name} = " in done.stdout]
    assert kept == ([] if writable else ["UV_CACHE_DIR", "npm_config_cache"])
