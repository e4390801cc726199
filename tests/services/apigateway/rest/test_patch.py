"""Patch operations: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html"""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException, NotFoundException
from cloudrig.services.apigateway.rest.patch import PatchTable, boolean, converted, map_entry, set_member, text

TABLE = PatchTable(
    {
        "/name": text("name", ops=("replace", "remove")),
        "/on": boolean("on"),
        "/size": converted("size", int),
        "/types/*": set_member("types"),
        "/variables/*": map_entry("variables", lambda value: value, missing="Invalid parameter name specified"),
    }
)


def apply(document: dict[str, Any], *operations: tuple[str, str | None, str | None]) -> dict[str, Any]:
    return TABLE.apply(document, [{"op": op, "path": path, "value": value} for op, path, value in operations])


def test_scalars() -> None:
    assert apply({}, ("replace", "/name", "x")) == {"name": "x"}
    assert apply({"name": "x"}, ("remove", "/name", None)) == {}
    assert apply({"name": "x"}, ("replace", "/name", "")) == {}
    assert apply({}, ("replace", "/on", "True")) == {"on": True}
    assert apply({}, ("replace", "/on", "whatever")) == {"on": False}
    assert apply({}, ("replace", "/size", "7")) == {"size": 7}


def test_escaped_segments() -> None:
    """`~1` is a slash, `~0` a tilde."""
    assert apply({}, ("add", "/types/a~1b~0c", None)) == {"types": ["a/b~c"]}
    assert apply({}, ("add", "/types/~01", None)) == {"types": ["~1"]}


def test_lists_are_sets() -> None:
    document = apply({}, ("add", "/types/a", None), ("add", "/types/b", None), ("add", "/types/a", None))
    assert document == {"types": ["b", "a"]}
    assert apply(document, ("replace", "/types/b", "c")) == {"types": ["a", "c"]}
    assert apply({"types": ["a"]}, ("remove", "/types/a", None)) == {}


def test_map_entries() -> None:
    document = apply({}, ("add", "/variables/a", "1"))
    assert document == {"variables": {"a": "1"}}
    assert apply(document, ("remove", "/variables/a", None)) == {}
    with pytest.raises(NotFoundException, match="Invalid parameter name specified"):
        apply(document, ("replace", "/variables/b", "1"))


def test_document_is_never_changed_in_place() -> None:
    before = {"variables": {"a": "1"}, "types": ["x"]}
    apply(before, ("replace", "/variables/a", "2"), ("add", "/types/y", None))
    assert before == {"variables": {"a": "1"}, "types": ["x"]}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (("replace", "/nothing", "x"), "Invalid patch path /nothing"),
        (("replace", None, "x"), "Invalid patch path null"),
        (("add", "/types", "x"), "Invalid patch path /types"),
        (("add", "/on", "true"), "Invalid patch operation specified. Must be one of: [replace]"),
        (("replace", "/size", "big"), "Invalid value for /size: big"),
    ],
)
def test_refusals(operation: tuple[str, str | None, str | None], message: str) -> None:
    with pytest.raises(BadRequestException) as refused:
        apply({}, operation)
    assert refused.value.message == message
