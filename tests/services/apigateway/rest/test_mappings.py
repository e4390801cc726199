"""Mapping sources of parameters: AG `rest-api-parameter-mapping.html`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudrig.services.apigateway.rest.mappings import json_value

DOCUMENT = {"a": {"b": [{"c": 1}, "x"]}, "d e": True, "f.g": None}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DOCUMENT),
        ("$.a.b[0].c", 1),
        ("a.b[1]", "x"),
        ("$['d e']", True),
        ('$.a["b"][1]', "x"),
        ("$.a.b[7]", None),
        ("$.a.b.c", None),
        ("$.none", None),
    ],
)
def test_json_path(path: str, value: Any) -> None:
    """Names and indices; what leads nowhere is None."""
    assert json_value(DOCUMENT, path) == value


JSON = st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))


@given(st.text(), JSON)
def test_any_path_into_any_document(path: str, document: Any) -> None:
    """No path makes it fail."""
    json_value(document, path)
