"""Accounts, regions, ARNs and identifiers in the forms AWS gives them."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"

_LOWER_ALNUM = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a resource lives: 12-digit account and region. Also who is calling, as far as state is concerned."""

    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION

    def arn(self, service: str, resource: str) -> str:
        """`arn:aws:{service}:{region}:{account}:{resource}`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN taken apart; `resource` is all that follows the fifth colon."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Raises ValueError where the text is no ARN."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ValueError(f"not an ARN: {text}")
        return cls(*parts[1:])

    @property
    def scope(self) -> Scope:
        return Scope(self.account, self.region)

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


State = TypeVar("State")


class Regional(Generic[State]):
    """One state per account and region, made when first asked for."""

    def __init__(self, factory: Callable[[Scope], State]) -> None:
        self._factory = factory
        self._states: dict[Scope, State] = {}

    def __getitem__(self, scope: Scope) -> State:
        state = self._states.get(scope)
        if state is None:
            state = self._states[scope] = self._factory(scope)
        return state

    def all(self) -> list[State]:
        return list(self._states.values())


def api_id() -> str:
    """10 lower-case alphanumerics, as API Gateway names APIs, routes' parents and resources."""
    return "".join(secrets.choice(_LOWER_ALNUM) for _ in range(10))


def short_id() -> str:
    """7 lower-case alphanumerics, as API Gateway names routes, integrations and deployments."""
    return "".join(secrets.choice(_LOWER_ALNUM) for _ in range(7))


def request_id() -> str:
    """A UUID, the request id of most services."""
    return str(uuid.uuid4())


def extended_id(kind: str) -> str:
    """API Gateway's 16-character ids: 11 bytes in url-safe base64; the 12th character tells the kind.

    `kind` is `C` for a connection, `F` for a request, as in every sample seen (evidence: captured event dumps).
    """
    text = base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()
    return f"{text[:11]}{kind}{text[12:]}"
