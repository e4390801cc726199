"""JWT authorizers: a token that the issuer signed, for one of the audiences, in its time, with one of the scopes.

Keys are the issuer's own, found by its OpenID configuration. The issuer
`https://cognito-idp.{region}.amazonaws.com/{pool}` is a user pool of the rig's upstream.
Sources: AG `http-api-jwt-authorizer.html`, `http-api-troubleshooting-jwt.html` (the challenge).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from typing import Any

import jwt
from jwt.types import Options

from cloudrig.engine.clock import Clock
from cloudrig.engine.errors import ServiceError
from cloudrig.engine.messages import Members
from cloudrig.services.apigateway.backends import BackendTimeout, BackendUnreachable, HttpBackends, UnusableAddress
from cloudrig.services.apigateway.http_api.call import Call
from cloudrig.services.apigateway.http_api.errors import Refused, unauthorized
from cloudrig.services.apigateway.key_sets import KeySet, KeySets, UnknownKey, parse_key_set
from cloudrig.services.apigateway.user_pools import UserPools

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "RS384", "RS512"]
DISCOVERY_TIMEOUT_S = 1.5
"""For each of the two requests. Source: AG `limits.html` (1,500 ms for the JWKS and the OpenID endpoint)."""

_COGNITO = re.compile(r"https://cognito-idp\.([\w-]+)\.amazonaws\.com/([\w-]+)/?")
_SIGNATURE_ONLY: Options = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
"""Times are compared with the rig's clock, not the machine's; the audience by `client_id` too."""


class Unfit(Exception):
    """The token does not let anybody in; the message says why, to the client too."""


class Issuers:
    """Whose tokens are believed: user pools of the rig, and whoever has an OpenID configuration at its address."""

    def __init__(self, user_pools: UserPools, backends: HttpBackends, clock: Clock) -> None:
        self._user_pools = user_pools
        self._backends = backends
        self._keys = KeySets(clock)

    async def key(self, issuer: str, kid: Any) -> jwt.PyJWK:
        """Raises UnknownKey; Unfit where the issuer does not tell its keys."""
        found = _COGNITO.fullmatch(issuer)
        try:
            if found is not None:
                return await self._user_pools.key(found[1], found[2], kid)
            return await self._keys.key(issuer, kid, lambda: self._discover(issuer))
        except (ServiceError, BackendTimeout, BackendUnreachable, UnusableAddress, ValueError) as error:
            log.warning("the keys of %s cannot be had: %s", issuer, error)
            raise Unfit("OIDC discovery endpoint communication error") from None

    async def _discover(self, issuer: str) -> KeySet:
        configuration = json.loads(await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
        if not isinstance(configuration, dict) or not isinstance(configuration.get("jwks_uri"), str):
            raise ValueError("its OpenID configuration names no jwks_uri")
        return parse_key_set(await self._get(configuration["jwks_uri"]))

    async def _get(self, url: str) -> bytes:
        answer = await self._backends.ask("GET", url, {"Accept": "application/json"}, b"", DISCOVERY_TIMEOUT_S)
        if answer.status != 200:
            raise ValueError(f"{url} answered {answer.status}")
        return answer.body


class JwtAuthorizer:
    """The gate of one route."""

    def __init__(self, document: Members, scopes: Sequence[str], issuers: Issuers, clock: Clock) -> None:
        self._source = document["IdentitySource"][0].removeprefix("$")
        self._issuer: str = document["JwtConfiguration"]["Issuer"]
        self._audience = frozenset(document["JwtConfiguration"]["Audience"])
        self._scopes = tuple(scopes)
        self._issuers = issuers
        self._clock = clock

    async def admit(self, call: Call) -> None:
        """Raises Refused: 401 without a good token, 403 without one of the route's scopes."""
        given = call.value(self._source)
        if not given:
            raise unauthorized("no token", "Bearer")
        try:
            claims = await self._claims(re.sub(r"^bearer\s+", "", given.strip(), flags=re.IGNORECASE))
            self._check(claims)
        except Unfit as unfit:
            challenge = f'Bearer scope="{" ".join(self._scopes)}" error="invalid_token" error_description="{unfit}"'
            raise unauthorized(str(unfit), challenge) from None
        has = _scopes_of(claims)
        if self._scopes and not set(self._scopes) & set(has):
            raise self._insufficient()
        told = {name: claim_text(value) for name, value in claims.items() if value is not None}
        call.authorizer = {"jwt": {"claims": told, "scopes": has if self._scopes else None}}

    async def _claims(self, token: str) -> dict[str, Any]:
        if token.count(".") != 2:
            raise Unfit("token contains an invalid number of segments")  # as others saw it, and the next
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                told = re.sub(r"\W", "", str(header.get("alg")))[:16]  # the client's words, on their way into a header
                raise Unfit(f"signing method {told} is invalid")
            key = await self._issuers.key(self._issuer, header.get("kid"))
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=ALGORITHMS, options=_SIGNATURE_ONLY)
        except UnknownKey:
            raise Unfit("signing method or key is unknown to the issuer") from None  # unverified text
        except jwt.InvalidSignatureError:
            raise Unfit("signature is invalid") from None  # unverified text
        except (jwt.PyJWTError, ValueError):  # the latter: bytes that are no text
            raise Unfit("the token is malformed") from None  # unverified text
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        """`client_id` counts only where there is no `aud`. Raises Unfit."""
        now = self._clock.now()
        if claims.get("iss") != self._issuer:
            raise Unfit("issuer does not match")  # unverified text
        audience = claims.get("aud", claims.get("client_id"))
        if not self._audience.intersection(audience if isinstance(audience, list) else [audience]):
            raise Unfit("the token does not have a valid audience")
        if not _is_number(claims.get("exp")) or claims["exp"] <= now:
            raise Unfit("the token has expired")
        for claim, text in (("nbf", "the token is not valid yet"), ("iat", "the token was issued in the future")):
            if claim in claims and (not _is_number(claims[claim]) or claims[claim] > now):
                raise Unfit(text)  # unverified texts

    def _insufficient(self) -> Refused:
        challenge = f'Bearer scope="{" ".join(self._scopes)}" error="insufficient_scope"'  # unverified, as the status
        return Refused(403, "Forbidden", "none of the route's scopes", {"www-authenticate": challenge})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _scopes_of(claims: dict[str, Any]) -> list[str]:
    """`scope` or `scp`: text or a list."""
    scopes = claims.get("scope", claims.get("scp"))
    if isinstance(scopes, list):
        return [str(scope) for scope in scopes]
    return scopes.split() if isinstance(scopes, str) else []


def claim_text(value: Any) -> str:
    """A claim as events have it: text, lists like `[admin users]` (captured with `cognito:groups`).

    Objects like `map[a:b]`: unverified.
    """
    if isinstance(value, list):
        return f"[{' '.join(claim_text(item) for item in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{claim_text(item)}' for name, item in sorted(value.items()))}]"
    return value if isinstance(value, str) else json.dumps(value)
