"""Who signed a request: any access key is accepted, and the rig knows the temporary ones it issued itself.

The account is 000000000000, or the access key id itself where it is 12 digits; the region is the signature's.
Functions run with temporary credentials of their role (`issue`), as on AWS, and are recognised by them.
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from urllib.parse import unquote

from multidict import CIMultiDictProxy

from cloudrig.engine.messages import Caller
from cloudrig.engine.names import DEFAULT_ACCOUNT, DEFAULT_REGION, Scope

_HEADER_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_QUERY_SCOPE = re.compile(r"(?:^|&)X-Amz-Credential=([^&]+)")


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """Credentials of a function's role, or (without a token) of a user, whose ARN is `role_arn` then.

    The secret goes to the function's process and nowhere else.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str
    role_arn: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class SignatureScope:
    """The credential scope of a SigV4 signature: `AKID/20261120/us-east-1/lambda/aws4_request`."""

    access_key: str
    region: str
    service: str


class Credentials:
    """The credentials a rig issued. `only_own`: it accepts no others (a rehearsal)."""

    def __init__(self, *, only_own: bool = False) -> None:
        self.only_own = only_own
        self._issued: dict[str, SessionCredentials] = {}

    def issue_to_user(self, user_arn: str) -> SessionCredentials:
        """A new access key of a user (`AKIA…`), good for as long as the rig runs; it has no session token."""
        key_id = "AKIA" + _random_id()
        issued = SessionCredentials(key_id, secrets.token_urlsafe(30), "", user_arn)
        self._issued[key_id] = issued
        return issued

    def issue(self, role_arn: str, session: str = "session") -> SessionCredentials:
        """New temporary credentials of a role (`ASIA…`, 20 characters), valid until `revoke`."""
        key_id = "ASIA" + _random_id()
        issued = SessionCredentials(key_id, secrets.token_urlsafe(30), secrets.token_urlsafe(120), role_arn, session)
        self._issued[key_id] = issued
        return issued

    def revoke(self, access_key_id: str) -> None:
        self._issued.pop(access_key_id, None)

    def find(self, access_key_id: str) -> SessionCredentials | None:
        return self._issued.get(access_key_id)

    def caller(self, scope: SignatureScope | None) -> Caller:
        """The caller behind a signature; an unsigned request comes from the default account and region."""
        if scope is None:
            return Caller()
        issued = self._issued.get(scope.access_key)
        if issued is not None:
            own = Scope(issued.role_arn.split(":")[4] or DEFAULT_ACCOUNT, scope.region)
            return Caller(own, scope.access_key, issued.role_arn, issued.session)
        return Caller(Scope(_account_of(scope.access_key) or DEFAULT_ACCOUNT, scope.region), scope.access_key)


def signature_scope(headers: CIMultiDictProxy[str], query: str) -> SignatureScope | None:
    """Read the credential scope from the Authorization header or a presigned URL's query; None where there is none."""
    authorization = headers.get("Authorization")
    if authorization is not None:
        found = _HEADER_SCOPE.search(authorization)
        return SignatureScope(*found.groups()) if found else None
    if "X-Amz-Credential=" not in query:
        return None
    presigned = _QUERY_SCOPE.search(query)
    parts = unquote(presigned.group(1)).split("/") if presigned else []
    return SignatureScope(parts[0], parts[2] or DEFAULT_REGION, parts[3]) if len(parts) == 5 else None


def _random_id() -> str:
    return "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))


def _account_of(access_key: str) -> str:
    return access_key if len(access_key) == 12 and access_key.isdigit() else DEFAULT_ACCOUNT
