"""Tokens of Cognito user pools, checked against the keys that the upstream publishes for a pool.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html,
AG `apigateway-integrate-with-cognito.html`
"""

from __future__ import annotations

import re
from typing import Any

import jwt
from jwt.types import Options
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request
from cloudrig.services.apigateway.key_sets import KeySet, KeySets, UnknownKey, parse_key_set

_SIGNATURE_ONLY: Options = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
"""Times are compared with the rig's clock, not the machine's; whose token it is, by those who ask."""

POOL_ARN = re.compile(r"arn:aws[\w-]*:cognito-idp:(?P<region>[\w-]+):\d*:userpool/(?P<id>[\w-]+)")


class BadToken(Exception):
    """The token is none, is not the pool's, or is not of the wanted use."""


class ExpiredToken(Exception):
    """The token was good once."""


class UserPools:
    """The pools of a rig, as far as their tokens go."""

    def __init__(self, upstream: Upstream, clock: Clock) -> None:
        self._upstream = upstream
        self._clock = clock
        self._keys = KeySets(clock)

    async def claims(self, pool_arn: str, token: str) -> dict[str, Any]:
        """What a token of a pool says. Raises BadToken, ExpiredToken; UpstreamUnavailable."""
        found = POOL_ARN.fullmatch(pool_arn)
        if found is None:
            raise BadToken("no user pool")
        region, pool_id = found["region"], found["id"]
        try:
            key = await self.key(region, pool_id, jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options=_SIGNATURE_ONLY)
        except (jwt.PyJWTError, UnknownKey, ValueError) as error:  # ValueError: bytes that are no text
            raise BadToken(str(error)) from None
        if not str(claims.get("iss", "")).endswith(f"/{pool_id}"):
            raise BadToken("the token is of another pool")
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= self._clock.now():
            raise ExpiredToken
        return claims

    async def key(self, region: str, pool_id: str, kid: Any) -> jwt.PyJWK:
        """A key of a pool. Raises UnknownKey, UpstreamUnavailable."""
        return await self._keys.key(pool_id, kid, lambda: self._fetch(region, pool_id))

    async def _fetch(self, region: str, pool_id: str) -> KeySet:
        headers = CIMultiDict({"Host": f"cognito-idp.{region}.amazonaws.com"})
        path = f"/{pool_id}/.well-known/jwks.json"
        answer = await self._upstream.forward(Request("GET", path, headers=CIMultiDictProxy(headers)))
        try:
            return parse_key_set(answer.body) if answer.status == 200 else {}
        except ValueError as error:
            raise UpstreamUnavailable(f"the keys of user pool {pool_id} cannot be read: {error}") from None
