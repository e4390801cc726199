"""A rig of its own, whose clock tests may move: the session's is shared, and its clock would move for everybody."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from cloudrig import background, targets
from cloudrig.engine.config import Config
from cloudrig.targets import Target


@contextmanager
def clocked_rig(data_dir: Path, environ: Mapping[str, str] | None = None) -> Iterator[Target]:
    """A rig, started with these settings beside those of this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (environ or {}).items():
            patch.setenv(name, value)
        running = background.start(Config(data_dir=data_dir, port=0))
    try:
        yield targets.from_environ(os.environ, running.url)
    finally:
        background.stop(data_dir, running)


def advance(target: Target, seconds: float) -> None:
    """Move the clock of a rig forward."""
    url = f"{target.endpoint}/_cloudrig/clock"
    with urllib.request.urlopen(url, json.dumps({"advanceS": seconds}).encode()) as answer:
        assert answer.status == 200
