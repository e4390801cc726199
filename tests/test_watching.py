"""`cloudrig watch`: what is noticed, and what is deployed of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cloudrig.watching import CodeUpdates, changes, stamps, watch
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


class Ended(Exception):
    """The watch has said all that it should."""


def watched(handlers: Path, *steps: tuple[str, Callable[[], object]]) -> list[bytes]:
    """Watch a stack of one function, whose package are all handlers: at each report, which is to contain a text, do
    something. Returns what was uploaded.
    """

    def build(parameters: object) -> dict[str, Package]:
        return {"one": pack({path.name: path.read_bytes() for path in handlers.iterdir() if path.is_file()})}

    client, remaining = FakeLambda(), list(steps)
    client.deployed = {"stack-one": build(None)["one"].sha256}
    deployment: Any = SimpleNamespace(outputs=lambda: {"functions": {"one": "stack-one"}}, parameters=None)
    sources: Any = SimpleNamespace(root=handlers.parent, packages=build)
    session = SimpleNamespace(client=lambda name, config: client)

    def report(line: str) -> None:
        text, act = remaining.pop(0)
        assert text in line
        act()
        if not remaining:
            raise Ended

    with pytest.raises(Ended):
        watch(deployment, sources, session, report)
    return [content for _, content in client.uploads]


@pytest.fixture
def handlers(tmp_path: Path) -> Path:
    (tmp_path / "handlers").mkdir()
    for name in ("a.py", "b.py"):
        (tmp_path / "handlers" / name).write_text("x = 1")
    return tmp_path / "handlers"


def test_a_file_that_is_no_python_keeps_all_others_from_being_deployed(handlers: Path) -> None:
    """Until it is one: packages hold it, whichever file is saved."""
    a, b = handlers / "a.py", handlers / "b.py"
    uploads = watched(
        handlers,
        ("watching", lambda: a.write_text("def (")),
        ("✗ a.py:1: invalid syntax; not deployed", lambda: b.write_text("x = 22")),
        ("✗ a.py:1: invalid syntax; not deployed", lambda: a.write_text("x = 22")),
        ("a.py, b.py → one", lambda: None),
    )
    assert uploads == [pack({"a.py": b"x = 22", "b.py": b"x = 22"}).content]


def test_it_does_so_too_if_it_was_saved_before(handlers: Path) -> None:
    a = handlers / "a.py"
    a.write_text("def (")
    assert watched(
        handlers,
        ("✗ a.py:1", lambda: None),
        ("watching", lambda: (handlers / "b.py").write_text("x = 22")),
        ("✗ a.py:1", lambda: a.unlink()),
        ("a.py, b.py → one", lambda: None),
    ) == [pack({"b.py": b"x = 22"}).content]


def test_a_file_that_cannot_be_read_any_more_does_not_end_the_watch(handlers: Path) -> None:
    def replace_by_folder() -> None:
        (handlers / "a.py").unlink()
        (handlers / "a.py").mkdir()

    assert watched(handlers, ("watching", replace_by_folder), ("a.py → one", lambda: None)) == [
        pack({"b.py": b"x = 1"}).content
    ]
