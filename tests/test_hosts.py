"""The path to a real account, in a rehearsal: what is shown, refused, carried on after an interruption, and removed."""

import os
import subprocess
import sys
from pathlib import Path

ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CLOUDRIG_"))}


def rehearse(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a rehearsal; `$CLOUDRIG` is the program."""
    command = [sys.executable, "-m", "cloudrig", "rehearse", "sh", "-euc", script]
    environ = {**ENVIRON, "CLOUDRIG": f"{sys.executable} -m cloudrig", "PREFIX": "t", "FOLDER": str(folder)}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)


def test_an_account_that_nobody_named_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    done = rehearse(
        "if CLOUDRIG_AWS_ACCOUNT=111122223333 $CLOUDRIG up; then exit 9; fi; $CLOUDRIG deploy --dry-run", tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "your credentials are of account 000000000000, and CLOUDRIG_AWS_ACCOUNT is 111122223333" in done.stderr
    assert "to create" in done.stdout, "the plan is shown before"
    assert "a month" in done.stdout
    assert "0 unchanged" in done.stdout.splitlines()[-1]


def test_interrupted_twice_it_is_deployed_and_removed_to_the_last_resource(tmp_path: Path) -> None:
    """Roles that cannot be assumed yet, throttles and closed buckets on the way."""
    done = rehearse(
        "timeout --signal=INT 6 $CLOUDRIG up || true;"
        "$CLOUDRIG up; $CLOUDRIG outputs;"
        "timeout --signal=INT 4 $CLOUDRIG down || true;"
        "$CLOUDRIG down; $CLOUDRIG down",
        tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "wss://" in done.stdout
    assert ".execute-api.eu-west-1.amazonaws.com/prod" in done.stdout
    assert done.stdout.count("nothing of t is left in eu-west-1") >= 2
