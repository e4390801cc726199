import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stack import chat
from stack.errors import BuildError
from stack.packages import Platform, build_packages, lambda_runs_here
from stack.parameters import Parameters
from stack.resources import Package
from tests.stack.conftest import ROOT

BUILD = ROOT / ".cloudrig" / "build"


def build(
    handlers: Path = ROOT / "handlers", architecture: str = "x86_64", target: Platform = Platform.LAMBDA
) -> dict[str, Package]:
    requirements = chat.requirements(Parameters())
    return build_packages(requirements, handlers, ROOT / "uv.lock", BUILD, target, architecture)


def names(package: Package) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(package.content)).namelist()


@pytest.fixture(scope="module")
def packages() -> dict[str, Package]:
    return build()


def test_a_second_build_makes_the_same_bytes(packages: dict[str, Package], tmp_path: Path) -> None:
    """Not even the dates, modes and order of files matter, nor what Python left beside them."""
    copy = tmp_path / "handlers"
    shutil.copytree(ROOT / "handlers", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1, 1))
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "signup.cpython-311.pyc").write_bytes(b"stale")
    assert build(copy) == packages


def test_a_changed_handler_changes_its_own_package_only(packages: dict[str, Package], tmp_path: Path) -> None:
    copy = tmp_path / "handlers"
    shutil.copytree(ROOT / "handlers", copy)
    (copy / "ping.py").write_text((copy / "ping.py").read_text() + "\n# changed\n")
    changed = {name for name, package in build(copy).items() if package.sha256 != packages[name].sha256}
    assert changed == {"ping"}


def test_a_package_holds_its_handler_the_shared_code_and_its_own_dependencies(packages: dict[str, Package]) -> None:
    signup, login, ping = names(packages["signup"]), names(packages["login"]), names(packages["ping"])
    assert "handlers/signup.py" in signup
    assert "handlers/login.py" not in signup
    assert all("handlers/__init__.py" in each for each in (signup, login, ping))
    assert "bcrypt/_bcrypt.abi3.so" in signup
    assert "jwt/__init__.py" not in signup
    assert {"bcrypt/_bcrypt.abi3.so", "jwt/__init__.py"} <= set(login)
    assert not [name for name in ping if not name.startswith("handlers/")]


def test_packages_hold_no_traces_of_their_making(packages: dict[str, Package]) -> None:
    everything = [name for package in packages.values() for name in names(package)]
    assert not [name for name in everything if "__pycache__" in name or name.endswith((".lock", "RECORD", "INSTALLER"))]


@pytest.mark.parametrize(("architecture", "machine"), [("x86_64", 62), ("arm64", 183)])
def test_binaries_are_of_the_functions_architecture(architecture: str, machine: int) -> None:
    assert machines(build(architecture=architecture)["signup"]) == {machine}


@pytest.mark.parametrize(("here", "machine"), [("x86_64", 62), ("aarch64", 183), ("arm64", 183)])
def test_in_a_container_they_are_of_this_machines(here: str, machine: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the functions declare. macOS says arm64 where Linux says aarch64."""
    monkeypatch.setattr("platform.machine", lambda: here)
    assert machines(build(target=Platform.CONTAINER)["signup"]) == {machine}


def machines(package: Package) -> set[int]:
    """`e_machine` of the ELF headers; https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html"""
    archive = zipfile.ZipFile(io.BytesIO(package.content))
    binaries = [archive.read(name) for name in archive.namelist() if name.endswith(".so")]
    assert binaries
    return {int.from_bytes(binary[18:20], "little") for binary in binaries}


@pytest.mark.skipif(not lambda_runs_here("x86_64"), reason="Lambda's binaries do not run on this machine")
@pytest.mark.parametrize("distribution", ["bcrypt", "jwt"])
def test_dependencies_built_for_lambda_run_here(
    distribution: str, packages: dict[str, Package], tmp_path: Path
) -> None:
    """bcrypt keeps to Python's stable ABI and PyJWT is Python, so the package for 3.13 runs on this Python too."""
    zipfile.ZipFile(io.BytesIO(packages["login"].content)).extractall(tmp_path)
    program = f"import {distribution}; print({distribution}.__file__)"
    # -S: without this environment's own copies of them.
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip().startswith(str(tmp_path)), done.stderr


def test_dependencies_are_fetched_once(monkeypatch: pytest.MonkeyPatch, packages: dict[str, Package]) -> None:
    """A second build needs neither the network nor uv."""
    monkeypatch.setenv("UV", "/nowhere/uv")
    assert build() == packages


def test_a_dependency_that_cannot_be_fetched_is_an_error_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    with pytest.raises(BuildError, match=r"bcrypt==[0-9.]+ could not be fetched .*network"):
        build_packages({"a": ("bcrypt",)}, ROOT / "handlers", ROOT / "uv.lock", tmp_path / "build", Platform.LAMBDA)
    assert not list((tmp_path / "build").iterdir()), "nothing half is left"


def test_without_uv_the_error_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    lock = tmp_path / "uv.lock"  # with no .tools/bin beside it
    lock.write_text((ROOT / "uv.lock").read_text())
    with pytest.raises(BuildError, match="uv is needed"):
        build_packages({"a": ("bcrypt",)}, ROOT / "handlers", lock, tmp_path / "build", Platform.LAMBDA)


def test_a_dependency_outside_the_lock_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"no-such-thing is not in .*uv\.lock"):
        build_packages({"a": ("no-such-thing",)}, ROOT / "handlers", ROOT / "uv.lock", tmp_path, Platform.LAMBDA)
