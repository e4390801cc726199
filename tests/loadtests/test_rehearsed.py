"""A load as against AWS, in a rehearsal: estimated, asked about, bounded, and run over AWS's own host names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CLOUDRIG_"))}
SCRIPT = """
cloudrig deploy > /dev/null
load() { python -m loadtests --profile smoke --duration 3 --out "$FOLDER" "$@"; }
if load < /dev/null; then exit 9; fi
if load --yes --max-usd 0.0001; then exit 9; fi
if load --yes --web 8089; then exit 9; fi
load --yes
"""


def test_a_load_on_aws_is_run_by_whoever_wants_it_at_its_price(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cloudrig", "rehearse", "sh", "-euc", SCRIPT]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**ENVIRON, "PATH": path, "PREFIX": "t", "RATE_LIMIT": "0", "FOLDER": str(tmp_path)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    refusals = [line for line in done.stderr.splitlines() if line.startswith("loadtests: ")]
    assert [words in line for words, line in zip(("nobody is there", "more than", "by hand"), refusals, strict=True)]
    assert "This load on AWS, at the most: $" in done.stderr
    assert "wss://" in done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["target"], summary["failures"]) == ("rehearsal", [])
    assert 0 < summary["cost"]["usd"] < summary["cost"]["maxUsd"] == 1.0
