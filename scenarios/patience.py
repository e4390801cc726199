"""Waiting for what takes a moment: until it is so, or for PATIENCE_S."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

PATIENCE_S = 20.0
"""How long a scenario waits for anything: long enough for a cold start on AWS, behind a queue of others."""
_POLL_S = 0.1

T = TypeVar("T")


async def until(probe: Callable[[], Awaitable[T]], good: Callable[[T], bool], claim: str) -> T:
    """Ask again and again until the answer is good, and return that one.

    Raises:
        AssertionError: it never was; says the claim and the last answer.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not good(answer := await probe()):
        assert asyncio.get_running_loop().time() < deadline, f"not within {PATIENCE_S:.0f} s: {claim}; but {answer!r}"
        await asyncio.sleep(_POLL_S)
    return answer
