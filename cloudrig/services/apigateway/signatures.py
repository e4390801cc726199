"""SigV4 on requests to deployed APIs and to `@connections`."""

from __future__ import annotations

from cloudrig.engine import signatures
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.messages import Request
from cloudrig.engine.signatures import FALSE_SIGNATURE, Verdict

__all__ = ["FALSE_SIGNATURE", "SERVICE", "Verdict", "check_signature"]

SERVICE = "execute-api"


def check_signature(request: Request, credentials: Credentials) -> Verdict:
    """What the signature of a request to a deployed API is worth."""
    return signatures.check_signature(request, credentials, SERVICE)
