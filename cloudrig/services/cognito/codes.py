"""Confirmation codes: what AWS sends by mail, and the rig shows at `/_cloudrig/cognito/codes`.

Six digits, good for 24 hours;
https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from cloudrig.engine.clock import Clock
from cloudrig.services.cognito.errors import CodeMismatchException, ExpiredCodeException

CODE_LASTS_S = 24 * 3600.0


@dataclass(frozen=True)
class Sent:
    """A code on its way to a user's address."""

    pool_id: str
    username: str
    address: str
    code: str
    at: float


class Codes:
    """The last code of each user who has not confirmed yet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[tuple[str, str], Sent] = {}

    def send(self, pool_id: str, username: str, address: str) -> None:
        """Make a code; one sent before is void."""
        code = f"{secrets.randbelow(1_000_000):06}"
        self._sent[pool_id, username] = Sent(pool_id, username, address, code, self._clock.now())

    def check(self, pool_id: str, username: str, code: str) -> None:
        """Raises ExpiredCodeException: there is none, or not any more; CodeMismatchException: it is another."""
        sent = self._sent.get((pool_id, username))
        if sent is None or self._clock.now() - sent.at > CODE_LASTS_S:
            raise ExpiredCodeException("Invalid code provided, please request a code again.")
        if not hmac.compare_digest(sent.code.encode(), code.encode()):
            raise CodeMismatchException("Invalid verification code provided, please try again.")

    def address(self, pool_id: str, username: str) -> str | None:
        """Where the user's last code went."""
        sent = self._sent.get((pool_id, username))
        return sent.address if sent else None

    def use_up(self, pool_id: str, username: str) -> None:
        self._sent.pop((pool_id, username), None)

    def report(self) -> object:
        """For `/_cloudrig/cognito/codes`, the newest last."""
        return {
            "codes": [
                {
                    "userPoolId": sent.pool_id,
                    "username": sent.username,
                    "address": sent.address,
                    "code": sent.code,
                    "at": sent.at,
                }
                for sent in self._sent.values()
            ]
        }
