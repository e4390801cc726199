"""The tracing header that functions get, X-Ray's: `Root=…;Parent=…;Sampled=0|1;Lineage=…`.

With active tracing one request a second is sampled, and 5 percent of the others; without it none. A request that comes
with such a header, as those of a function's SDK do, stays in its trace, which is sampled or is not. Nothing is recorded
either way.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

from __future__ import annotations

import random
import re
import secrets

from cloudrig.engine.traces import new_trace

TRACE_HEADER = "X-Amzn-Trace-Id"
SAMPLED_SHARE = 0.05
_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")


class Sampling:
    """Which requests of one function are sampled."""

    def __init__(self) -> None:
        self._second = 0

    def takes(self, now: float) -> bool:
        """Whether to sample a request at that time, in seconds since the epoch."""
        first = int(now) != self._second
        self._second = int(now)
        return first or random.random() < SAMPLED_SHARE  # noqa: S311  no secret


def trace_root(now: float, given: str = "") -> str:
    """`Root=…`, that of the `given` header where it has one."""
    return _root(_fields(given)) or new_trace(now)


def trace_header(now: float, given: str, sampling: Sampling | None) -> str:
    """The header of an invocation; `sampling` is the function's, where its tracing is active.

    That a `given` root is kept, whatever the mode, is recorded from AWS (LocalStack's test_lambda_integration_xray);
    with active tracing the function has a parent of its own (seen in aws/aws-xray-sdk-node#651).
    """
    asked, digits = _fields(given), secrets.token_hex(12)
    root = _root(asked)
    if not root:
        root, asked = new_trace(now), {}
    sampled = asked.get("Sampled")
    if sampled not in ("0", "1"):
        sampled = f"{sampling is not None and sampling.takes(now):d}"
    parent = (asked.get("Parent") if sampling is None else None) or digits[:16]
    return f"{root};Parent={parent};Sampled={sampled};Lineage=1:{digits[16:]}:0"


def report(header: str) -> str:
    """What a sampled request's REPORT goes on with; nothing for others.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html; the layout is that of logs people show.
    That the segment is the one that the function gets as parent is unverified.
    """
    fields = _fields(header)
    if fields.get("Sampled") != "1":
        return ""
    return f"XRAY TraceId: {fields['Root']}\tSegmentId: {fields['Parent']}\tSampled: true\t\n"


def _root(fields: dict[str, str]) -> str:
    """`Root=…` of a header that names a root; else nothing."""
    root = fields.get("Root", "")
    return f"Root={root}" if _ROOT.fullmatch(root) else ""


def _fields(header: str) -> dict[str, str]:
    return dict(field.strip().partition("=")[::2] for field in header.split(";"))
