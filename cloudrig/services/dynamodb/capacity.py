"""What requests for items consume, as dynoxide counts it: asked for only while somebody meters.

Units: one write unit per KB written (two in a transaction), one read unit per 4 KB read consistently, half of it
otherwise; https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
"""

from __future__ import annotations

import json
from typing import Any

from multidict import CIMultiDict

from cloudrig.engine.messages import Response

_MEMBER = b'"ReturnConsumedCapacity"'
_ASKED = b'{"ReturnConsumedCapacity":"TOTAL",'


def asking(body: bytes) -> tuple[bytes, bool]:
    """A request that asks for its capacity, and whether its sender did so anyhow (or asked for none)."""
    text = body.lstrip()
    if _MEMBER in body or not text.startswith(b"{") or text[1:].lstrip().startswith(b"}"):
        return body, True
    return _ASKED + text[1:], False


def consumed(response: Response, *, asked: bool) -> tuple[Response, float]:
    """The answer that the sender gets, and the units consumed. What was not asked for is taken out again."""
    if response.status != 200 or b'"ConsumedCapacity"' not in response.body:
        return response, 0.0
    members: dict[str, Any] = json.loads(response.body)
    told = members.get("ConsumedCapacity") or []
    units = sum(float(table["CapacityUnits"]) for table in (told if isinstance(told, list) else [told]))
    if asked:
        return response, units
    members.pop("ConsumedCapacity", None)
    headers = CIMultiDict(response.headers)
    headers.pop("x-amz-crc32", None)  # SDKs check it only where it is there
    return Response(200, json.dumps(members, ensure_ascii=False).encode(), headers), units
