from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from cloudrig.services.dynamodb.binary import find_binary


def test_environment_names_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dynoxide"
    program.touch()
    monkeypatch.setenv("CLOUDRIG_DYNOXIDE", str(program))
    assert find_binary() == program


def test_a_program_that_is_not_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting must not silently turn into another program."""
    monkeypatch.setenv("CLOUDRIG_DYNOXIDE", str(tmp_path / "missing"))
    assert find_binary() is None


def test_platform_without_a_package_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUDRIG_DYNOXIDE", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert find_binary() is None


def test_installed_by_npm_for_this_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUDRIG_DYNOXIDE", raising=False)
    found = find_binary()
    if found is None:
        pytest.skip("npm has not installed dynoxide")
    assert found.parent.name.startswith(sys.platform)
