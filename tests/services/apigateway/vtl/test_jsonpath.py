"""JSONPath as mapping templates and parameter mappings use it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudrig.services.apigateway.vtl.jsonpath import MISSING, InvalidPath, compile_path

STORE = {
    "book": [
        {"title": "Sayings", "price": 8.95, "kind": "old"},
        {"title": "Sword", "price": 12.99},
        {"title": "Moby", "price": 8.99, "isbn": "0-553"},
    ],
    "bike": {"price": 19.95},
    "a.b": 1,
}


def find(path: str) -> Any:
    return compile_path(path).find(STORE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", STORE),
        ("$.bike.price", 19.95),
        ("bike.price", 19.95),
        ("$['bike'][\"price\"]", 19.95),
        ("$['a.b']", 1),
        ("$.book[1].title", "Sword"),
        ("$.book[-1].title", "Moby"),
        ("$.book.length()", 3),
        ("$.bike.size()", 1),
    ],
)
def test_definite_paths_give_a_value(path: str, value: Any) -> None:
    assert find(path) == value


@pytest.mark.parametrize("path", ["$.nope", "$.bike.nope.more", "$.book[9]", "$.book.title", "$.bike[0]", "$['x']"])
def test_definite_paths_may_lead_nowhere(path: str) -> None:
    assert find(path) is MISSING


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.book[*].title", ["Sayings", "Sword", "Moby"]),
        ("$.bike.*", [19.95]),
        ("$.book[0,2].price", [8.95, 8.99]),
        ("$.book[0:2].title", ["Sayings", "Sword"]),
        ("$.book[-1:].title", ["Moby"]),
        ("$..price", [8.95, 12.99, 8.99, 19.95]),
        ("$.bike..*", [19.95]),
        ("$..[0].title", ["Sayings"]),
        ("$.book[0]['title','price']", ["Sayings", 8.95]),
        ("$.book[?(@.price < 9)].title", ["Sayings", "Moby"]),
        ("$.book[?(@.kind == 'old' || @.isbn)].title", ["Sayings", "Moby"]),
        ("$.book[?(@.price > 8.95 && @.price <= 12.99)].title", ["Sword", "Moby"]),
        ('$.book[?(@.title == "Sword")].price', [12.99]),
        ("$.book[?(@.title < 3)].price", []),
        ("$.nope[*]", []),
    ],
)
def test_other_paths_give_a_list(path: str, values: list[Any]) -> None:
    assert find(path) == values


@pytest.mark.parametrize("path", ["$.a b[", "$[", "$[a]", "$.book[?(price < 3)]", "$.book[?(@.a == x)]", "$.f()"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(InvalidPath):
        compile_path(path)


@given(st.text(alphabet="$.[]()*?@'\"ab0:,<= &|", max_size=30))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    """Nothing else is raised, and nothing takes long."""
    with contextlib.suppress(InvalidPath):
        compile_path(text).find(STORE)
