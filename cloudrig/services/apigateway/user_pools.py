"""Tokens of Cognito user pools, checked against the keys that the upstream publishes for a pool.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html,
AG `apigateway-integrate-with-cognito.html`
"""

from __future__ import annotations

import json
import re
from typing import Any

import jwt
from jwt.types import Options
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request

KEYS_LAST_S = 300.0
"""How long a pool's keys are used before they are asked for again; a token with a key unknown till then asks sooner."""
RETRY_S = 5.0

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
        self._keys: dict[str, tuple[float, dict[str, jwt.PyJWK]]] = {}

    async def claims(self, pool_arn: str, token: str) -> dict[str, Any]:
        """What a token of a pool says. Raises BadToken, ExpiredToken; UpstreamUnavailable."""
        found = POOL_ARN.fullmatch(pool_arn)
        if found is None:
            raise BadToken("no user pool")
        region, pool_id = found["region"], found["id"]
        try:
            key = await self._key(region, pool_id, jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options=_SIGNATURE_ONLY)
        except jwt.PyJWTError as error:
            raise BadToken(str(error)) from None
        if not str(claims.get("iss", "")).endswith(f"/{pool_id}"):
            raise BadToken("the token is of another pool")
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= self._clock.now():
            raise ExpiredToken
        return claims

    async def _key(self, region: str, pool_id: str, kid: Any) -> jwt.PyJWK:
        asked_at, keys = self._keys.get(pool_id, (0.0, {}))
        age_s = self._clock.now() - asked_at
        if age_s > KEYS_LAST_S or (kid not in keys and age_s > RETRY_S):
            keys = await self._fetch(region, pool_id)
            self._keys[pool_id] = self._clock.now(), keys
        if kid not in keys:
            raise BadToken("the pool has no such key")
        return keys[kid]

    async def _fetch(self, region: str, pool_id: str) -> dict[str, jwt.PyJWK]:
        headers = CIMultiDict({"Host": f"cognito-idp.{region}.amazonaws.com"})
        path = f"/{pool_id}/.well-known/jwks.json"
        answer = await self._upstream.forward(Request("GET", path, headers=CIMultiDictProxy(headers)))
        try:
            published = json.loads(answer.body)["keys"] if answer.status == 200 else []
            return {str(key["kid"]): jwt.PyJWK(key) for key in published}
        except (ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            raise UpstreamUnavailable(f"the keys of user pool {pool_id} cannot be read: {error}") from None
