"""X-Ray trace ids, which API Gateway puts on whatever it passes on, and Lambda on invocations that come without."""

from __future__ import annotations

import secrets


def new_trace(epoch_s: float) -> str:
    """`Root=1-{epoch seconds in hex}-{96 random bits in hex}`, as X-Ray writes it."""
    return f"Root=1-{int(epoch_s):08x}-{secrets.token_hex(12)}"
