"""Cognito user pools before the upstream's: what moto takes on trust is checked here.

moto signs users up and in and issues tokens, but lets a user in by SRP whatever the proof, confirms with any code,
tells user names apart by case in every pool, and says which users exist. Those steps are done here as AWS does them;
all else is passed on. A verifier for SRP is made whenever a password passes through.
Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from botocore.exceptions import BotoCoreError, ClientError

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import ServiceError, UpstreamUnavailable
from cloudrig.engine.events import Events
from cloudrig.engine.interfaces import MAX_BODY_BYTES, Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.wire import error_response, needs_no_signature
from cloudrig.services.cognito import cors
from cloudrig.services.cognito.codes import Codes
from cloudrig.services.cognito.directory import Directory
from cloudrig.services.cognito.passing import Members, members_of
from cloudrig.services.cognito.passwords import Passwords
from cloudrig.services.cognito.sign_in import SignIn
from cloudrig.services.cognito.sign_up import SignUp

log = logging.getLogger(__name__)

TARGET = "AWSCognitoIdentityProviderService"


class Cognito:
    """Implements `interfaces.Service`; `codes` are those that AWS would have sent by mail."""

    def __init__(self, upstream: Upstream, clock: Clock, events: Events) -> None:
        self.codes = Codes(clock)
        self._events = events
        self._upstream = upstream
        self._directory = Directory(upstream)
        sign_up = SignUp(upstream, self._directory, self.codes)
        sign_in = SignIn(upstream, self._directory, clock)
        passwords = Passwords(upstream, self._directory)
        self._steps: dict[str, Callable[[Request, Members], Awaitable[Response]]] = {
            "SignUp": sign_up.sign_up,
            "ConfirmSignUp": sign_up.confirm,
            "ResendConfirmationCode": sign_up.resend_code,
            "InitiateAuth": sign_in.initiate,
            "RespondToAuthChallenge": sign_in.respond,
            "AdminCreateUser": passwords.from_admin,
            "AdminSetUserPassword": passwords.from_admin,
            "ConfirmForgotPassword": passwords.from_user,
            "ChangePassword": passwords.from_change,
        }

    def max_body_bytes(self, operation: str) -> int:
        return MAX_BODY_BYTES

    async def call(self, operation: str, request: Request) -> Response:
        self._directory.heard_of(request.caller.scope)
        if operation.startswith(("Create", "Update", "Delete")):
            self._directory.changed()
        answer = await self._answer(operation, request)
        if self._events.listening and answer.status == 200:
            self._report_user(request)
        return cors.opened(answer) if needs_no_signature("cognito-idp", operation) else answer

    def _report_user(self, request: Request) -> None:
        """Whoever an operation named has been active; one name in two pools counts once.

        Source: https://aws.amazon.com/cognito/pricing/
        """
        members = members_of(request.body)
        parameters = members.get("AuthParameters") or members.get("ChallengeResponses") or {}
        if username := members.get("Username") or parameters.get("USERNAME"):
            self._events.emit("cognito.user", user=str(username).lower())

    async def _answer(self, operation: str, request: Request) -> Response:
        step = self._steps.get(operation)
        try:
            if step is None:
                return await self._upstream.forward(request)
            return await step(request, members_of(request.body))
        except ServiceError as error:
            return error_response(error, "json")
        except (ClientError, BotoCoreError) as error:
            return error_response(UpstreamUnavailable(f"the upstream's Cognito failed: {error}"), "json")
        except Exception:  # the request edge: one bad request must not be more than one 500
            log.exception("cognito %s failed", operation)
            return error_response(
                ServiceError("The request failed inside cloudrig; its log has the traceback."), "json"
            )
