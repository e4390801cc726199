"""Tumbling windows: what the function is told of one, and the state that it gives back.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cloudrig.services.lambda_.event_sources.mapping import Window

MAX_STATE_BYTES = 1_048_576


def window_at(at: float, size_s: int) -> Window:
    """The window that an instant (epoch seconds) lies in."""
    start = at // size_s * size_s
    return Window(start, start + size_s)


def members(window: Window, shard: str, source_arn: str, *, final: bool = False, early: bool = False) -> dict[str, Any]:
    """What an event has beside its records. `early`: the state grew too large, and the window goes on without it."""
    return {
        "window": {"start": _instant(window.start), "end": _instant(window.end)},
        "state": window.state,
        "shardId": shard,
        "eventSourceARN": source_arn,
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": early,
    }


def state_of(payload: bytes) -> dict[str, Any] | None:
    """The state in a function's answer; None where there is none, which makes the call a failure."""
    try:
        answer = json.loads(payload)
    except ValueError:
        return None
    state = answer.get("state") if isinstance(answer, dict) else None
    return state if isinstance(state, dict) else None


def state_bytes(window: Window) -> int:
    return len(_json(window.state))


def payload(texts: Sequence[bytes], members: dict[str, Any]) -> bytes:
    """An event of records that are JSON already, and other members."""
    records = b'{"Records":[' + b",".join(texts) + b"]"
    return records + b"," + _json(members)[1:] if members else records + b"}"


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
