"""What the functions of a target logged since a moment, for a test that failed."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.logs import Line, lines
from cloudrig.targets import Target

_PATIENCE_S = 3.0
"""The rig hands logs on every half second, and who keeps them may be busy."""
_MOST_LINES = 500


def now_ms(target: Target | None) -> int:
    """The time by which functions log: the target's own, where tests can move it."""
    if target is not None and "clock" in target.capabilities:
        try:
            with urllib.request.urlopen(f"{target.endpoint}/_cloudrig/clock", timeout=2) as answer:  # noqa: S310
                return int(json.load(answer)["now"] * 1000)
        except (OSError, ValueError, KeyError):  # the test is about a rig that is not there, perhaps
            pass
    return int(time.time() * 1000)


def since(target: Target, began_ms: int, functions: Mapping[str, str] | None) -> str:
    """The last lines of functions since then, in order.

    `functions` are short names → names; None for all of an emulator's, and none of an AWS account's.
    """
    if functions is None and target.bills:
        return ""
    session = target.session()
    try:
        names = _all(session.client("lambda")) if functions is None else functions
        found = _settled(session.client("logs"), names, began_ms)
    except (ClientError, BotoCoreError) as error:
        return f"they cannot be read: {error}"
    return "\n".join(str(line) for line in found[-_MOST_LINES:])


def _settled(client: Any, names: Mapping[str, str], began_ms: int) -> list[Line]:
    """The lines once every invocation among them has ended, or after some patience."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        found = list(lines(client, names, since_ms=began_ms, follow=False))
        begun = sum(line.text.startswith("START ") for line in found)
        ended = sum(line.text.startswith("REPORT ") for line in found)
        if 0 < begun <= ended or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


def _all(client: Any) -> dict[str, str]:
    pages = client.get_paginator("list_functions").paginate()
    return {name: name for page in pages for name in (function["FunctionName"] for function in page["Functions"])}
