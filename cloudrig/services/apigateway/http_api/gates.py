"""What a request has to pass before its integration, besides JWT and Lambda authorizers: throttle and signature."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from cloudrig.engine.credentials import Credentials
from cloudrig.services.apigateway.http_api.call import Call
from cloudrig.services.apigateway.http_api.errors import forbidden, too_many
from cloudrig.services.apigateway.signatures import Verdict, check_signature
from cloudrig.services.apigateway.throttling import Limits, Throttles


class Gate(Protocol):
    """Something that requests have to pass first."""

    async def admit(self, call: Call) -> None:
        """Raises Refused; adds what it found out to the call."""
        ...


class ThrottleGate:
    """The rate and burst of a route, and the account's."""

    def __init__(self, throttles: Throttles, place: Hashable, limits: Limits | None) -> None:
        self._throttles = throttles
        self._place = place
        self._limits = limits

    async def admit(self, call: Call) -> None:
        if not self._throttles.admit(call.stage.scope, self._place, self._limits):
            raise too_many()


class SignedCaller:
    """`AWS_IAM`: the request must bear a signature for `execute-api`, a true one where the rig knows the secret."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def admit(self, call: Call) -> None:
        """Raises Refused (403)."""
        verdict = check_signature(call.request, self._credentials)
        if verdict is not Verdict.VALID:
            raise forbidden(f"the signature is {verdict}")
        caller = call.request.caller
        account = caller.scope.account
        call.authorizer = {
            "iam": {
                "accessKey": caller.access_key,
                "accountId": account,
                "callerId": account,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": caller.user_arn or f"arn:aws:iam::{account}:root",
                "userId": account,
            }
        }
