"""A function's package holds what the table in `handlers/__init__.py` gives it; its module may import nothing else."""

import sys
from collections.abc import Iterator

import pytest

from tests.handlers.conftest import Load

NEEDS = {
    "signup": {"bcrypt"},
    "login": {"bcrypt", "jwt"},
    "connect": {"jwt"},
    "authorize": {"jwt"},
    "disconnect": set(),
    "default": set(),
    "send_message": set(),
    "send_file": set(),
    "create_upload": set(),
    "get_file": set(),
    "get_messages": set(),
    "search_messages": set(),
    "edit_message": set(),
    "delete_message": set(),
    "react": set(),
    "create_room": set(),
    "join_room": set(),
    "leave_room": set(),
    "list_rooms": set(),
    "get_members": set(),
    "typing": set(),
    "ping": set(),
    "fan_out": set(),
    "presence": set(),
}


@pytest.fixture
def nothing_imported() -> Iterator[None]:
    """No module of ours is, for the time of one test. Afterwards all are as before: of two copies of a module's classes
    tests would take one for the other.
    """
    before = {name: sys.modules.pop(name) for name in _ours()}
    yield
    for name in _ours():
        del sys.modules[name]
    sys.modules.update(before)


@pytest.mark.parametrize("function", NEEDS)
@pytest.mark.usefixtures("nothing_imported")
def test_a_function_imports_only_what_its_package_holds(
    load: Load, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    for absent in {"bcrypt", "jwt", "boto3", "botocore", "cloudrig", "cryptography"} - NEEDS[function]:
        monkeypatch.setitem(sys.modules, absent, None)
    assert callable(load(function).handler)


def _ours() -> list[str]:
    return [name for name in sys.modules if name == "handlers" or name.startswith("handlers.")]
