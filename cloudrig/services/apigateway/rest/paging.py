"""Lists in pages of `limit` items, continued at an opaque `position`."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.errors import BadRequestException

DEFAULT_LIMIT = 25
MAX_LIMIT = 500


def page(items: Sequence[Members], request: Members) -> Members:
    """`items` and, when there are more, `position`. Raises BadRequestException.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html (25 by default, at most 500).
    """
    limit = DEFAULT_LIMIT if request.get("limit") is None else request["limit"]
    if not 1 <= limit <= MAX_LIMIT:
        raise BadRequestException(f"limit must be between 1 and {MAX_LIMIT}")  # unverified text
    start = _offset(request.get("position"))
    end = start + limit
    return {"items": list(items[start:end]), "position": _token(end) if end < len(items) else None}


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"position:{offset}".encode()).decode()


def _offset(position: str | None) -> int:
    if not position:
        return 0
    try:
        label, _, digits = base64.urlsafe_b64decode(position).decode().partition(":")
    except ValueError:
        label, digits = "", ""
    if label != "position" or not (digits.isascii() and digits.isdigit()):
        raise BadRequestException("Invalid position parameter")  # unverified text
    return int(digits)
