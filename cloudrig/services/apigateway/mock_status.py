"""The status that a MOCK integration's request template names, of REST and WebSocket APIs alike.

Source: AG `how-to-mock-integration.html`.
"""

from __future__ import annotations

import json
import re
from typing import Any

_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


def mock_status(body: str) -> int | None:
    """`statusCode` of a JSON object, whose keys may be bare and whose commas may trail, as AWS reads it; else None."""
    content: Any = None
    for text in (body, _TRAILING_COMMA.sub(r"\1", _BARE_KEY.sub(r'\1"\2"\3', body))):
        try:
            content = json.loads(text)
            break
        except (ValueError, RecursionError):
            continue
    status = content.get("statusCode") if isinstance(content, dict) else None
    return status if isinstance(status, int) and not isinstance(status, bool) else None
