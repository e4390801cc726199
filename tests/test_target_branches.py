"""Nothing but cloudrig/targets.py asks which target there is: everything else asks what a target can do."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudrig.deployment import ROOT

KNOWS = ROOT / "cloudrig" / "targets.py"
FOLDERS = ("benchmarks", "cloudrig", "loadtests", "scenarios", "stack")
NAMES = {"embedded", "localstack", "aws", "rehearsal"}
VARIABLES = {"CLOUDRIG_TARGET", "AWS_ENDPOINT_URL"}
TELLING = {"account", "endpoint", "functions_url", "public_url", "target"}
"""What there is of a `Target` that gives away which one it is, where a decision rests on it."""


def branches(source: str) -> Iterator[int]:
    """The lines on which a decision is made about which target there is."""
    for node in ast.walk(ast.parse(source)):
        if any(_tells(each) for each in _decided_by(node)):
            yield node.lineno  # type: ignore[attr-defined]
        elif isinstance(node, ast.Subscript | ast.Call) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            read = node.slice if isinstance(node, ast.Subscript) else _asked_for(node)
            if isinstance(read, ast.Constant) and read.value in VARIABLES:
                yield node.lineno


def _decided_by(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.If() | ast.IfExp() | ast.While():
            return [node.test]
        case ast.BoolOp():
            return node.values
        case ast.UnaryOp():
            return [node.operand]
        case ast.Match():
            return [node.subject]
        case _:
            return []


def _tells(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return value.value in NAMES | VARIABLES
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return any(_tells(each) for each in value.elts)
    owner = value.value if isinstance(value, ast.Attribute) else None
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return isinstance(value, ast.Attribute) and value.attr in TELLING and name.strip("_") == "target"


def _asked_for(call: ast.Call) -> ast.expr | None:
    """The key of `environ.get(key)`, the name of `os.getenv(name)`."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return call.args[0] if name in ("get", "getenv") and call.args else None


def files() -> list[Path]:
    return [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path != KNOWS]


def test_no_code_branches_on_the_target() -> None:
    found = [f"{path.relative_to(ROOT)}:{line}" for path in files() for line in branches(path.read_text())]
    assert found == []


def test_the_makefile_does_not() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    conditions = [line for line in lines if re.match(r"\s*(else )?if(n?eq|n?def)", line)]
    assert conditions
    assert not [line for line in conditions if "TARGET" in line]


@pytest.mark.parametrize(
    "planted",
    [
        'if target.target == "aws": pass',
        'x = 1 if kind in ("localstack", "embedded") else 2',
        "if self._target.endpoint is None: pass",
        "if not target.public_url: pass",
        'if os.environ.get("CLOUDRIG_TARGET"): pass',
        'url = environ["AWS_ENDPOINT_URL"]',
        'if "AWS_ENDPOINT_URL" in os.environ: pass',
        "match deployed.target.target:\n    case _: pass",
    ],
)
def test_one_that_did_would_be_found(planted: str) -> None:
    assert list(branches(planted))
    assert not list(branches('if "clock" in target.capabilities: environ["AWS_ENDPOINT_URL"] = str(target.endpoint)'))
