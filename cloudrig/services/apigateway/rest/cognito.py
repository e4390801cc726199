"""`COGNITO_USER_POOLS` authorizers: who bears a token of a user pool may call.

Without scopes on the method the token is an identity token; with scopes it is an access token that has one of them.
Source: AG `apigateway-integrate-with-cognito.html`, `apigateway-enable-cognito-user-pool.html`
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.rest.answers import GatewayError
from cloudrig.services.apigateway.rest.call import Call
from cloudrig.services.apigateway.rest.mappings import request_value
from cloudrig.services.apigateway.user_pools import BadToken, ExpiredToken, UserPools

EXPIRED = "The incoming token has expired"


class CognitoAuthorizer:
    """The gate of one method."""

    def __init__(self, document: Members, pools: UserPools, scopes: Sequence[str]) -> None:
        self._pools = pools
        self._arns: list[str] = document["providerARNs"]
        self._source = document.get("identitySource") or "method.request.header.Authorization"
        self._audience = re.compile(document.get("identityValidationExpression") or ".*")
        self._scopes = frozenset(scopes)

    async def admit(self, call: Call) -> None:
        """Raises GatewayError: 401 without a good token, 500 where the pool's keys cannot be had."""
        token = (request_value(call, self._source) or "").removeprefix("Bearer ").strip()
        claims = await self._claims(token)
        if not self._fits(claims):
            raise _unauthorized()
        call.authorize({"claims": {name: _text(value) for name, value in claims.items()}}, None)

    async def _claims(self, token: str) -> dict[str, Any]:
        """Of the first pool that the token is of."""
        for arn in self._arns if token else ():
            try:
                return await self._pools.claims(arn, token)
            except BadToken:
                continue
            except ExpiredToken:
                raise GatewayError("UNAUTHORIZED", EXPIRED) from None
            except UpstreamUnavailable:
                raise GatewayError("AUTHORIZER_FAILURE", None) from None
        raise _unauthorized()

    def _fits(self, claims: dict[str, Any]) -> bool:
        if self._scopes:
            has = str(claims.get("scope", "")).split()
            return claims.get("token_use") == "access" and not self._scopes.isdisjoint(has)
        return claims.get("token_use") == "id" and self._audience.fullmatch(str(claims.get("aud", ""))) is not None


def _unauthorized() -> GatewayError:
    return GatewayError("UNAUTHORIZED", "Unauthorized")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
