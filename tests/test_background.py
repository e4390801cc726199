"""A data folder belongs to one rig, and leftovers of a dead one mean nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloudrig import background
from cloudrig.background import RigError
from cloudrig.engine.config import Config


def test_a_rig_is_found_only_while_it_holds_its_folder(tmp_path: Path) -> None:
    assert background.find(tmp_path) is None
    with background.claim(tmp_path):
        assert background.find(tmp_path) is None, "it is not ready yet"
        background.record(tmp_path, "http://127.0.0.1:1", "https://127.0.0.1:2")
        found = background.find(tmp_path)
        assert found is not None
        assert (found.pid, found.url) == (os.getpid(), "http://127.0.0.1:1")
    assert background.find(tmp_path) is None


def test_leftovers_of_a_killed_rig_are_no_rig(tmp_path: Path) -> None:
    state = {"pid": 1, "url": "http://127.0.0.1:1", "tls_url": "", "started_at": 0.0}
    (tmp_path / "rig.json").write_text(json.dumps(state))
    (tmp_path / "lock").touch()
    assert background.find(tmp_path) is None
    with background.claim(tmp_path):
        background.record(tmp_path, "http://127.0.0.1:3", "")


def test_a_second_rig_on_one_folder_is_refused(tmp_path: Path) -> None:
    with background.claim(tmp_path), pytest.raises(RigError, match="cloudrig down"), background.claim(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RigError, match="--data-dir"), background.claim(tmp_path / "file" / "below"):
        pass


def test_a_data_folder_is_its_users_alone(tmp_path: Path) -> None:
    with background.claim(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """`--data-dir /tmp` must not shut everybody else out of /tmp."""
    tmp_path.chmod(0o755)
    with background.claim(tmp_path):
        assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_what_a_rig_writes_is_its_users_alone(tmp_path: Path) -> None:
    """Also in a folder that others may look into, as that of a checkout is where functions were built first."""
    tmp_path.chmod(0o755)
    with background.running(Config(tmp_path, port=0)):
        assert [path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077] == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="zombies are told by /proc")
def test_a_rig_has_ended_though_its_parent_did_not_look(tmp_path: Path) -> None:
    """`cloudrig up --watch` is the parent of a rig, and busy with other things."""
    parent = "import subprocess, sys; print(subprocess.Popen(['true']).pid, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as busy:
        assert busy.stdout is not None
        pid = int(busy.stdout.readline())
        background.stop(tmp_path, background.RunningRig(pid, "", "", 0.0))
        busy.communicate()
