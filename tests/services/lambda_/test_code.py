"""Deployment packages: archives that anybody may send."""

from __future__ import annotations

import hashlib
import io
import resource
import stat
import zipfile
from pathlib import Path

import pytest

from cloudrig.services.lambda_ import code as code_module
from cloudrig.services.lambda_.code import CodeStore, unpack
from cloudrig.services.lambda_.errors import InvalidParameterValue, ServiceException
from cloudrig.services.lambda_.tasks import Tasks
from tests.services.lambda_.harness import archive, until


def zipped(*entries: tuple[str, str, int]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, text, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            package.writestr(info, text)
    return buffer.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> CodeStore:
    store = CodeStore(tmp_path / "functions", Tasks())
    store.prepare()
    return store


async def test_one_content_is_unpacked_once_and_shared(store: CodeStore) -> None:
    package = archive("x = 1", {"pkg/data.txt": "hello"})
    first, second = await store.add(package), await store.add(package)
    assert first == second
    assert (first.root / "pkg/data.txt").read_text() == "hello"
    assert first.size_bytes == len(package)
    assert first.root.name == hashlib.sha256(package).hexdigest()


async def test_it_goes_when_nobody_keeps_it(store: CodeStore) -> None:
    code = await store.add(archive("x = 1"))
    store.keep(code)
    store.drop(code)
    assert store.archive(code.root.name) is not None
    store.drop(code)
    assert store.archive(code.root.name) is None
    await until(lambda: list(code.root.parent.iterdir()) == [])
    again = await store.add(archive("x = 1"))
    assert (again.root / "m.py").exists()


@pytest.mark.parametrize("name", ["/etc/owned", "../owned", "a/../../owned", "a\\..\\owned"])
async def test_paths_that_lead_outside_are_refused(store: CodeStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidParameterValue, match="Could not unzip"):
        await store.add(zipped((name, "x", 0o644)))
    assert not (tmp_path / "owned").exists()
    assert list((tmp_path / "functions").iterdir()) == []


LINK = stat.S_IFLNK | 0o777


async def test_links_within_the_package_are_made(store: CodeStore) -> None:
    """As in `node_modules/.bin` and beside shared libraries."""
    code = await store.add(
        zipped(("bin/tool", "../lib/tool.js", LINK), ("lib/tool.js", "x", 0o644), ("lib/current", ".", LINK))
    )
    assert (code.root / "bin/tool").read_text() == "x"
    assert (code.root / "bin/tool").is_symlink()
    assert (code.root / "lib/current/tool.js").read_text() == "x"


@pytest.mark.parametrize(
    "entries",
    [
        [("link", "/etc/passwd", LINK)],
        [("link", "../../x", LINK)],
        [("a/link", "../..", LINK)],
        [("out", "..", LINK), ("out/evil", "x", 0o644)],
        [("sub/x", "x", 0o644), ("in", "sub", LINK), ("in/evil", "../x", LINK)],
        [("x", "y/..", LINK), ("y", ".", LINK)],
        [("x", "y", LINK), ("y", "x", LINK), ("file/a", "x", 0o644), ("file", "x", LINK)],
    ],
    ids=["absolute", "up", "up from below", "a file behind one", "one behind another", "one by another", "no room"],
)
async def test_links_that_lead_outside_are_refused(
    store: CodeStore, entries: list[tuple[str, str, int]], tmp_path: Path
) -> None:
    with pytest.raises(InvalidParameterValue, match="Could not unzip"):
        await store.add(zipped(*entries))
    assert list((tmp_path / "functions").iterdir()) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("package", [b"", b"no zip", zipped(("a", "", 0o644), ("a/b", "", 0o644))])
async def test_what_is_no_proper_archive_is_refused(store: CodeStore, package: bytes) -> None:
    with pytest.raises(InvalidParameterValue, match="Could not unzip"):
        await store.add(package)


async def test_an_archive_with_a_damaged_file_is_refused(store: CodeStore) -> None:
    package = bytearray(archive("x = 1234567890"))
    package[package.index(b"1234567890")] ^= 0xFF
    with pytest.raises(InvalidParameterValue):
        await store.add(bytes(package))


async def test_a_disk_that_takes_no_more_is_no_fault_of_the_archive(store: CodeStore, tmp_path: Path) -> None:
    """By the largest size that files of this process may have; nothing half-written stays."""
    package = archive("x" * 10_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(ServiceException, match="cannot write"):
            await store.add(package)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "functions").iterdir()) == []
    assert (await store.add(package)).root.is_dir()


async def test_the_unzipped_size_is_limited(store: CodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_module, "MAX_UNZIPPED_BYTES", 9)
    with pytest.raises(InvalidParameterValue, match="Unzipped size must be smaller than 9 bytes"):
        await store.add(archive("0123456789"))


def test_executables_stay_executable_and_nothing_else_of_the_mode(tmp_path: Path) -> None:
    unpack(zipped(("bootstrap", "", 0o6777), ("data", "", 0o600), ("dir/", "", 0o755)), tmp_path / "root")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "root").iterdir()}
    assert (modes["bootstrap"], modes["data"]) == (0o555, 0o444)


async def test_what_an_earlier_rig_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "functions/old").mkdir(parents=True)
    CodeStore(tmp_path / "functions", Tasks()).prepare()
    assert list((tmp_path / "functions").iterdir()) == []


async def test_what_was_unpacked_is_read_only_but_for_what_python_compiles(store: CodeStore) -> None:
    code = await store.add(archive("x = 1", {"pkg/__init__.py": "", "data/a.txt": "a"}))
    modes = {str(path.relative_to(code.root)): stat.S_IMODE(path.stat().st_mode) for path in code.root.rglob("*")}
    assert modes == {
        "m.py": 0o444,
        "__pycache__": 0o755,
        "pkg": 0o555,
        "pkg/__init__.py": 0o444,
        "pkg/__pycache__": 0o755,
        "data": 0o555,
        "data/a.txt": 0o444,
    }
    assert stat.S_IMODE(code.root.stat().st_mode) == 0o555
    store.close()
    assert not code.root.exists()
