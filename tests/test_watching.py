"""`cloudrig watch`: what is noticed, and what is deployed of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cloudrig.watching import CodeUpdates, changes, stamps
from stack.packages import pack
from stack.resources import Package


class FakeLambda:
    def __init__(self) -> None:
        self.uploads: list[tuple[str, bytes]] = []
        self.deployed: dict[str, str] = {}

    def get_function_configuration(self, **members: Any) -> dict[str, str]:
        return {"CodeSha256": self.deployed[members["FunctionName"]]}

    def update_function_code(self, **members: Any) -> None:
        self.uploads.append((members["FunctionName"], members["ZipFile"]))


def test_only_functions_whose_package_differs_are_updated() -> None:
    """At first those that were changed since they were deployed."""
    sources = {"one": b"1", "two": b"2"}

    def build() -> dict[str, Package]:
        return {name: pack({"m.py": content}) for name, content in sources.items()}

    client = FakeLambda()
    client.deployed = {f"stack-{name}": package.sha256 for name, package in build().items()}
    sources["one"] = b"saved meanwhile"
    updates = CodeUpdates(client, {"one": "stack-one", "two": "stack-two"}, build)
    assert updates.update() == ["one"]
    sources["two"] = b"3"
    assert updates.update() == ["two"]
    assert client.uploads == [(f"stack-{name}", build()[name].content) for name in ("one", "two")]
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
    assert next(changes([tmp_path], {})) == {one, two}
    one.write_text("changed")
    two.unlink()
    three.write_text("3")
    assert next(changes([tmp_path], known)) == {one, two, three}
