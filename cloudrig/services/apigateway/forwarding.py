"""What REST and HTTP APIs make of a request's headers before anybody behind them sees them."""

from __future__ import annotations

import functools
from collections.abc import Collection
from urllib.parse import urlsplit

from cloudrig.engine.interfaces import MAX_BODY_BYTES
from cloudrig.engine.messages import Request
from cloudrig.engine.traces import new_trace

HOP_BY_HOP = frozenset(
    {"connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""What stays between the client and the gateway."""

MAX_PAYLOAD_BYTES = MAX_BODY_BYTES
"""Of a request: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html."""

_OWN = frozenset({"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})


def visible_headers(request: Request, trace_root: str, dropped: Collection[str]) -> dict[str, list[str]]:
    """Headers by the sender's names, each with all its values; `X-Forwarded-*` and the trace id added.

    `dropped` are names in lower case.
    """
    headers: dict[str, list[str]] = {}
    cases: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        if lower not in dropped and lower not in _OWN:
            headers.setdefault(cases.setdefault(lower, name), []).append(value)
    scheme, port = _scheme_and_port(request.base_url)
    forwarded = request.headers.get("X-Forwarded-For")
    headers["X-Amzn-Trace-Id"] = [trace_root]
    headers["X-Forwarded-For"] = [f"{forwarded}, {request.client_ip}" if forwarded else request.client_ip]
    headers["X-Forwarded-Port"] = [port]
    headers["X-Forwarded-Proto"] = [scheme]
    return headers


def trace_root_of(request: Request, time_s: float) -> str:
    """The client's trace header when it names a root; a new root otherwise."""
    given = request.headers.get("X-Amzn-Trace-Id")
    return given if given and "Root=" in given else new_trace(time_s)


@functools.lru_cache(maxsize=256)
def _scheme_and_port(base_url: str) -> tuple[str, str]:
    parts = urlsplit(base_url)
    return parts.scheme, str(parts.port or {"http": 80, "https": 443}.get(parts.scheme, 80))
