"""A function's package holds what the table in `handlers/__init__.py` gives it; its module may import nothing else."""

import sys

import pytest

from tests.handlers.conftest import Load

NEEDS = {
    "signup": {"bcrypt"},
    "login": {"bcrypt", "jwt"},
    "connect": {"jwt"},
    "disconnect": set(),
    "default": set(),
    "send_message": set(),
    "get_messages": set(),
    "typing": set(),
    "ping": set(),
    "fan_out": set(),
}


@pytest.mark.parametrize("function", NEEDS)
def test_a_function_imports_only_what_its_package_holds(
    load: Load, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    for module in [name for name in sys.modules if name == "handlers" or name.startswith("handlers.")]:
        monkeypatch.delitem(sys.modules, module)
    for absent in {"bcrypt", "jwt", "boto3", "cloudrig"} - NEEDS[function]:
        monkeypatch.setitem(sys.modules, absent, None)
    assert callable(load(function).handler)
