"""Set-up on a bare machine: takes the machine's tools where they will do, and says what to do where it cannot go on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "bootstrap.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    return tmp_path


def bootstrap(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "tools" / "bootstrap.py")]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environ, check=False)


def program(folder: Path, name: str, version: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {name} {version}\n")
    path.chmod(0o755)


def test_the_machines_own_tools_are_used(checkout: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    machine.mkdir()
    for name, version in (("uv", "0.13.8"), ("node", "v22.1.0"), ("npm", "11.0.0")):
        program(machine, name, version)
    done = bootstrap(checkout, PATH=f"{machine}:/bin")
    assert done.returncode == 0, done.stderr
    for name in ("uv", "node", "npm"):
        assert (checkout / ".tools" / "bin" / name).readlink() == machine / name


def test_everything_runs_on_a_recent_python(checkout: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    machine.mkdir()
    for name, version in (("uv", "0.13.8"), ("node", "v22.1.0"), ("npm", "11.0.0")):
        program(machine, name, version)
    assert bootstrap(checkout, PATH=f"{machine}:/bin").returncode == 0
    python = checkout / ".tools" / "bin" / "python3"
    asked = "import ssl, sqlite3, sys; print(sys.version_info >= (3, 11))"
    assert subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout == "True\n"
    assert not python.readlink().is_relative_to(checkout), "no link to itself"


def test_twice_is_as_once(checkout: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    machine.mkdir()
    for name, version in (("uv", "0.13.8"), ("node", "v22.1.0"), ("npm", "11.0.0")):
        program(machine, name, version)
    path = f"{checkout / '.tools' / 'bin'}:{machine}:/bin"
    assert bootstrap(checkout, PATH=path).returncode == 0
    assert bootstrap(checkout, PATH=path).returncode == 0
    assert (checkout / ".tools" / "bin" / "uv").readlink() == machine / "uv", "no link to itself"


def test_tools_that_are_too_old_are_not_used_and_no_network_is_said(checkout: Path, tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    machine.mkdir()
    program(machine, "uv", "0.1.2")
    done = bootstrap(
        checkout, PATH=f"{machine}:/bin", PIP_NO_INDEX="1", PIP_FIND_LINKS="", HTTPS_PROXY="http://127.0.0.1:9"
    )
    assert done.returncode == 1
    assert "uv cannot be fetched from PyPI" in done.stderr
    assert "→ connect to the network" in done.stderr
    assert "Traceback" not in done.stderr
