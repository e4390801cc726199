"""Signing in: by SRP with a proof that is checked, and without telling unknown users from known ones where asked to.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html,
.../cognito-user-pool-managing-errors.html
"""

from __future__ import annotations

import json

from cloudrig.engine.clock import Clock
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.services.cognito.directory import Directory, Pool
from cloudrig.services.cognito.errors import InvalidParameterException, NotAuthorizedException
from cloudrig.services.cognito.passing import Members, answer, error_type, with_members
from cloudrig.services.cognito.srp import Exchange, Verifier

CHALLENGE_LASTS_S = 180.0
_WRONG = "Incorrect username or password."


class SignIn:
    def __init__(self, upstream: Upstream, directory: Directory, clock: Clock) -> None:
        self._upstream = upstream
        self._directory = directory
        self._exchanges = _Exchanges(clock)

    async def initiate(self, request: Request, members: Members) -> Response:
        client = await self._directory.client(str(members.get("ClientId")))
        parameters = members.get("AuthParameters")
        if client is None or not isinstance(parameters, dict) or "USERNAME" not in parameters:
            return await self._upstream.forward(request)
        name = self._directory.spelling(client.pool, str(parameters["USERNAME"]))
        response = await self._upstream.forward(
            with_members(request, {**members, "AuthParameters": {**parameters, "USERNAME": name}})
        )
        unknown = client.hides_users and error_type(response) == "UserNotFoundException"
        if members.get("AuthFlow") == "USER_SRP_AUTH":
            return await self._challenge(client.pool, name, parameters, response, unknown=unknown)
        if unknown:
            raise NotAuthorizedException(_WRONG)
        if response.status == 200 and "PASSWORD" in parameters:
            await self._directory.learn(client.pool, name, str(parameters["PASSWORD"]))
        return response

    async def _challenge(
        self, pool: Pool, name: str, parameters: Members, response: Response, *, unknown: bool
    ) -> Response:
        """moto's challenge with real parameters; for an unknown user, if that is to be hidden, one like it."""
        if response.status != 200 and not unknown:
            return response
        told = {} if unknown else json.loads(response.body)
        verifier = None if unknown else self._directory.verifier(pool, name)
        try:
            client_public = int(str(parameters.get("SRP_A")), 16)
            exchange = Exchange(pool.id, verifier or Verifier.of_nobody(pool.id, name), client_public)
        except ValueError:
            raise InvalidParameterException("SRP_A is no valid value") from None
        challenge = exchange.parameters()
        session = told.get("Session")
        self._exchanges.add(challenge["SECRET_BLOCK"], exchange, session)
        return answer(
            {
                "ChallengeName": "PASSWORD_VERIFIER",
                "ChallengeParameters": challenge,
                **({"Session": session} if session else {}),
            }
        )

    async def respond(self, request: Request, members: Members) -> Response:
        responses = members.get("ChallengeResponses")
        if not isinstance(responses, dict):
            return await self._upstream.forward(request)
        if members.get("ChallengeName") == "PASSWORD_VERIFIER":
            return await self._prove(request, members, responses)
        response = await self._upstream.forward(request)
        client = await self._directory.client(str(members.get("ClientId")))
        if response.status == 200 and client is not None and "NEW_PASSWORD" in responses:
            name = self._directory.spelling(client.pool, str(responses.get("USERNAME")))
            await self._directory.learn(client.pool, name, str(responses["NEW_PASSWORD"]))
        return response

    async def _prove(self, request: Request, members: Members, responses: Members) -> Response:
        """A challenge can be tried once."""
        exchange, session = self._exchanges.take(str(responses.get("PASSWORD_CLAIM_SECRET_BLOCK")))
        signature, timestamp = responses.get("PASSWORD_CLAIM_SIGNATURE"), responses.get("TIMESTAMP")
        proven = exchange is not None and exchange.is_proven_by(str(signature), str(timestamp))
        if exchange is None or not proven or session is None:
            raise NotAuthorizedException(_WRONG)
        passed = {**responses, "PASSWORD_CLAIM_SECRET_BLOCK": session, "USERNAME": exchange.verifier.user_id}
        return await self._upstream.forward(
            with_members(request, {**members, "ChallengeResponses": passed, "Session": session})
        )


class _Exchanges:
    """Challenges that wait for an answer, by their secret block, each with the upstream's session."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, tuple[float, Exchange, str | None]] = {}

    def add(self, secret_block: str, exchange: Exchange, session: str | None) -> None:
        now = self._clock.now()
        for block, (until, _, _) in tuple(self._open.items()):  # the oldest come first
            if until > now:
                break
            del self._open[block]
        self._open[secret_block] = now + CHALLENGE_LASTS_S, exchange, session

    def take(self, secret_block: str) -> tuple[Exchange | None, str | None]:
        until, exchange, session = self._open.pop(secret_block, (0.0, None, None))
        return (exchange, session) if until > self._clock.now() else (None, None)
