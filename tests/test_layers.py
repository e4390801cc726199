"""Imports point downward, as docs/architecture.md has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("cloudrig", "stack", "handlers", "scenarios", "loadtests", "benchmarks", "tests", "tools")
SERVICES = sorted(path.name for path in (ROOT / "cloudrig" / "services").iterdir() if (path / "__init__.py").exists())
MAY_IMPORT = {
    "cloudrig.engine": ("cloudrig.engine",),
    **{f"cloudrig.services.{name}": ("cloudrig.engine", f"cloudrig.services.{name}") for name in SERVICES},
    "cloudrig": ("cloudrig", "stack"),
    "stack": ("stack",),
    "handlers": ("handlers",),
    "loadtests": ("cloudrig", "stack", "loadtests", "scenarios.protocol"),
    "benchmarks": ("cloudrig", "benchmarks"),
}


def imports(file: Path) -> Iterator[str]:
    """Modules of ours that a file imports, in functions too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.partition(".")[0] in OURS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in OURS:
            yield from (f"{node.module}.{each.name}" for each in node.names)


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_what_is_below_it(package: str) -> None:
    files = ROOT.joinpath(*package.split(".")).rglob("*.py")
    found = {(str(file.relative_to(ROOT)), name) for file in files for name in imports(file)}
    assert found
    assert {(file, name) for file, name in found if not is_within(name, MAY_IMPORT[package])} == set()
