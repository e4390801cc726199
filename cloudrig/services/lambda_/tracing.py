"""The tracing header that functions get, X-Ray's: `Root=…;Parent=…;Sampled=0|1;Lineage=…`.

With active tracing one request a second is sampled, and 5 percent of the others; without it none. Nothing is recorded
either way.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

from __future__ import annotations

import random
import secrets

SAMPLED_SHARE = 0.05


class Sampling:
    """Which requests of one function are sampled."""

    def __init__(self) -> None:
        self._second = 0

    def takes(self, now: float) -> bool:
        """Whether to sample a request at that time, in seconds since the epoch."""
        first = int(now) != self._second
        self._second = int(now)
        return first or random.random() < SAMPLED_SHARE  # noqa: S311  no secret


def trace_header(now: float, *, sampled: bool) -> str:
    digits = secrets.token_hex(24)
    root, parent, lineage = f"1-{int(now):08x}-{digits[:24]}", digits[24:40], f"1:{digits[40:]}:0"
    return f"Root={root};Parent={parent};Sampled={sampled:d};Lineage={lineage}"


def report(header: str) -> str:
    """What a sampled request's REPORT goes on with; nothing for others.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html; the layout is that of logs people show.
    That the segment is the one that the function gets as parent is unverified.
    """
    fields = dict(field.partition("=")[::2] for field in header.split(";"))
    if fields.get("Sampled") != "1":
        return ""
    return f"XRAY TraceId: {fields['Root']}\tSegmentId: {fields['Parent']}\tSampled: true\t\n"
