"""Changing what others may change at the same time: read, decide, commit if it is still so; otherwise once more."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

# Each attempt that fails means that somebody else's change of the same rows succeeded.
_ATTEMPTS: Final = 16
_FIRST_PAUSE_S: Final = 0.002
_LONGEST_PAUSE_S: Final = 0.2

T = TypeVar("T")


def until_settled(attempt: Callable[[], T | None]) -> T:
    """The first result of the attempts that is not None, with random pauses that grow between them."""
    for number in range(_ATTEMPTS):
        if (result := attempt()) is not None:
            return result
        time.sleep(random.uniform(0, min(_FIRST_PAUSE_S * 2**number, _LONGEST_PAUSE_S)))  # noqa: S311 (no secret)
    raise RuntimeError(f"others changed the same rows {_ATTEMPTS} times meanwhile")
