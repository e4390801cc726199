"""`cloudrig watch`: what is noticed, and what is deployed of it."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

from cloudrig.watching import CodeUpdates, changes, stamps
from stack.packages import pack
from stack.resources import Package


class FakeLambda:
    def __init__(self) -> None:
        self.uploads: list[tuple[str, bytes]] = []

    def update_function_code(self, **members: Any) -> None:
        self.uploads.append((members["FunctionName"], members["ZipFile"]))


def test_only_functions_whose_package_changed_are_updated() -> None:
    sources = {"one": b"1", "two": b"2"}

    def build() -> dict[str, Package]:
        return {name: pack({"m.py": content}) for name, content in sources.items()}

    client = FakeLambda()
    updates = CodeUpdates(client, {"one": "stack-one", "two": "stack-two"}, build)
    assert updates.update() == []
    sources["two"] = b"3"
    assert updates.update() == ["two"]
    assert client.uploads == [("stack-two", build()["two"].content)]
    assert updates.update() == []


def test_what_is_watched(tmp_path: Path) -> None:
    (tmp_path / "package" / "__pycache__").mkdir(parents=True)
    for name in ("a.py", "package/b.py", "package/__pycache__/b.pyc", ".a.py.swp", "lock"):
        (tmp_path / name).touch()
    assert {path.name for path in stamps([tmp_path])} == {"a.py", "b.py", "lock"}
    assert list(stamps([tmp_path / "lock", tmp_path / "absent"])) == [tmp_path / "lock"]


def test_changed_made_and_removed_files(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("one", "two", "three"))
    one.write_text("1")
    two.write_text("2")
    known = stamps([tmp_path])
    ready, found = threading.Event(), changes([tmp_path])

    def edit() -> None:
        ready.wait()
        one.write_text("changed")
        two.unlink()
        three.write_text("3")

    editor = threading.Thread(target=edit)
    editor.start()
    ready.set()
    changed: set[Path] = set()
    for some in itertools.islice(_from(known, found, tmp_path), 3):
        changed |= some
        if changed == {one, two, three}:
            break
    editor.join()
    assert changed == {one, two, three}


def _from(known: object, found: Any, folder: Path) -> Any:
    """What changed before the watching began, then what it tells."""
    now = stamps([folder])
    assert isinstance(known, dict)
    yield {path for path in now.keys() | known.keys() if now.get(path) != known.get(path)}
    yield from found
