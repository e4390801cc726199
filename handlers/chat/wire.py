"""JSON as it comes in and goes out."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from handlers.chat.errors import BadRequest
from handlers.chat.fields import Fields


def parse(body: str | None, is_base64: bool) -> Fields:
    """The JSON object of a request. Raises BadRequest: no body, no base64 where it says so, no JSON, no object."""
    try:
        text = base64.b64decode(body or "", validate=True).decode() if is_base64 else body or ""
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:  # not JSON; digits without end or brackets without end
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(value, dict):
        raise BadRequest("The body is not a JSON object.")
    return value


def _refuse(constant: str) -> None:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(constant)


def render(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
