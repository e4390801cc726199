"""Lists in pages."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.errors import BadRequestException
from cloudrig.services.apigateway.rest.paging import page

ITEMS: list[dict[str, Any]] = [{"id": str(number)} for number in range(30)]


def test_pages_follow_each_other_to_the_end() -> None:
    first = page(ITEMS, {"limit": 20})
    second = page(ITEMS, {"limit": 20, "position": first["position"]})
    assert first["items"] + second["items"] == ITEMS
    assert second["position"] is None


def test_25_items_are_a_page_by_default() -> None:
    assert len(page(ITEMS, {})["items"]) == 25


@pytest.mark.parametrize("request_", [{"limit": 0}, {"limit": 501}, {"position": "???"}, {"position": "YWJj"}])
def test_invalid_limit_or_position(request_: dict[str, Any]) -> None:
    with pytest.raises(BadRequestException):
        page(ITEMS, request_)
