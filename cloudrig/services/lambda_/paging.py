"""Lists in pages, as Lambda's `Marker` and `MaxItems` ask for them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from cloudrig.engine.messages import Members
from cloudrig.services.lambda_.errors import InvalidParameterValue

DEFAULT_ITEMS = 50

Item = TypeVar("Item")


def page(
    items: Sequence[tuple[str, Item]], members: Members, limit: int = DEFAULT_ITEMS
) -> tuple[list[Item], str | None]:
    """The page that `members` ask for out of items with sortable keys, and the marker of the next one."""
    after = _decode(members["Marker"]) if members.get("Marker") else ""
    rest = [item for item in items if item[0] > after]
    found = rest[: min(members.get("MaxItems") or limit, limit)]
    more = base64.urlsafe_b64encode(found[-1][0].encode()).decode() if len(rest) > len(found) else None
    return [item for _, item in found], more


def _decode(marker: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise InvalidParameterValue("Invalid Marker") from None
