"""Who gets in at a rehearsal: true signatures of the rig's own credentials, roles within their policies.

The user that a rehearsal runs as may do everything; functions' roles may do what their policies allow. Requests that
AWS takes unsigned pass: deployed APIs and sites, Cognito's operations for clients, preflight requests.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from cloudrig.engine.clock import Clock
from cloudrig.engine.credentials import Credentials
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.signatures import (
    FALSE_SIGNATURE,
    Signature,
    is_true,
    is_true_form,
    read_form,
    read_signature,
)
from cloudrig.engine.wire import needs_no_signature
from cloudrig.services.access.actions import is_callback, needs
from cloudrig.services.access.frictions import Frictions
from cloudrig.services.access.refusals import Reason, refusal
from cloudrig.services.access.roles import RolePolicies, why_denied

SKEW_S = 300
"""How old a signature may be, and how far in the future."""
MAX_PRESIGNED_S = 7 * 24 * 3600
_COGNITO = "AWSCognitoIdentityProviderService."


class Gate:
    """`refuse` is asked about every request before anybody answers it."""

    def __init__(self, credentials: Credentials, upstream: Upstream, clock: Clock) -> None:
        self._credentials = credentials
        self._roles = RolePolicies(upstream)
        self._frictions = Frictions(clock, self._roles)
        self._clock = clock

    async def refuse(self, request: Request, operation: str | None, *, public: bool) -> Response | None:
        """None: it may pass. `public`: what is addressed looks at signatures itself, if at all."""
        if public and not is_callback(request.path):
            return None
        signature = read_signature(request)
        if signature is None:
            unsigned = "" if public or _is_open(request) else self._why_no_form(request)
            return refusal(Reason.MISSING, unsigned, request, "") if unsigned else None
        service = signature.service
        reason, message = self._verify(request, signature) or (None, "")
        if reason is not None:
            return refusal(reason, message, request, service)
        operation = operation or request.headers.get("X-Amz-Target", "").rpartition(".")[2] or None
        denied = await self._denied(request, service, operation)
        if denied:
            return refusal(Reason.DENIED, denied, request, service)
        return await self._frictions.refuse(request, service, operation)

    def passed_on(self, request: Request, service: str) -> None:
        """The upstream has been asked."""
        self._frictions.passed_on(request, service)

    def _why_no_form(self, request: Request) -> str:
        """Empty for an upload by a form whose policy is signed, as S3's presigned posts are, and has not expired.

        What else the policy asks for is S3's.
        """
        form = read_form(request)
        issued = self._credentials.find(form.access_key) if form else None
        if form is None or issued is None or not is_true_form(form, issued.secret_access_key):
            return "Request is missing Authentication Token"
        return "" if self._clock.now() < _expires_at(form.policy) else "Invalid according to Policy: Policy expired."

    def _verify(self, request: Request, signature: Signature) -> tuple[Reason, str] | None:
        issued = self._credentials.find(signature.access_key)
        if issued is None or signature.token != issued.session_token:
            return Reason.UNKNOWN_KEY, "The security token included in the request is invalid."
        if not is_true(request, signature, issued.secret_access_key):
            return Reason.FALSE, FALSE_SIGNATURE
        age_s = self._clock.now() - _signed_at(signature)
        if signature.presigned and not -SKEW_S <= age_s <= _lifetime_s(signature):
            return Reason.EXPIRED, "Request has expired"
        if not signature.presigned and abs(age_s) > SKEW_S:
            return Reason.SKEWED, f"Signature expired: {signature.at} is not within 5 min of now"
        return None

    async def _denied(self, request: Request, service: str, operation: str | None) -> str:
        """Why the caller's policies do not let it do what it wants; empty where they do."""
        role = request.caller.role_arn
        if role is None or ":role/" not in role:
            return ""
        policies = await self._roles.of(role)
        return why_denied(request.caller.user_arn or "", policies, needs(request, service, operation))


def _signed_at(signature: Signature) -> float:
    try:
        return datetime.strptime(signature.at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _lifetime_s(signature: Signature) -> int:
    """Of what is presigned; what names no time is as good as a signature in a header (unverified)."""
    return min(int(signature.lasts), MAX_PRESIGNED_S) if signature.lasts.isdecimal() else SKEW_S


def _expires_at(policy: str) -> float:
    """`expiration` of a form's policy, which is JSON in base64; 0 where it has none that can be read."""
    try:
        expiration = datetime.fromisoformat(json.loads(base64.b64decode(policy))["expiration"])
    except (ValueError, KeyError, TypeError):
        return 0.0
    return (expiration if expiration.tzinfo else expiration.replace(tzinfo=UTC)).timestamp()


def _is_open(request: Request) -> bool:
    """What Cognito answers without a signature, and what browsers ask before they ask."""
    if request.method == "OPTIONS":
        return True
    target = request.headers.get("X-Amz-Target", "")
    return target.startswith(_COGNITO) and needs_no_signature("cognito-idp", target.removeprefix(_COGNITO))
