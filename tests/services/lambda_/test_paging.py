"""Pages of lists."""

from __future__ import annotations

import pytest

from cloudrig.services.lambda_.errors import InvalidParameterValue
from cloudrig.services.lambda_.paging import page

ITEMS = [(f"{number:03}", number) for number in range(120)]


def test_pages_join_to_the_whole() -> None:
    found: list[int] = []
    marker: str | None = ""
    while marker is not None:
        part, marker = page(ITEMS, {"Marker": marker, "MaxItems": 7})
        found += part
    assert found == list(range(120))


def test_a_page_has_fifty_at_most() -> None:
    assert len(page(ITEMS, {"MaxItems": 100})[0]) == 50
    assert len(page(ITEMS, {})[0]) == 50
    assert page(ITEMS[:50], {})[1] is None


def test_a_marker_that_is_none() -> None:
    with pytest.raises(InvalidParameterValue):
        page(ITEMS, {"Marker": "???"})
