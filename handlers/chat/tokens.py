"""Tokens: JWT, HS256, with the claims `sub` (user name), `iat`, `exp`, `iss`. The only module that imports PyJWT,
which only login and connect carry.
"""

from __future__ import annotations

from typing import Final

import jwt

from handlers.chat.errors import InvalidCredentials

ISSUER: Final = "cloudrig-chat"
_ALGORITHM: Final = "HS256"
_CLAIMS: Final = ("sub", "iat", "exp", "iss")


def issue(username: str, secret: str, *, now_s: int, ttl_s: int) -> str:
    claims = {"sub": username, "iat": now_s, "exp": now_s + ttl_s, "iss": ISSUER}
    return jwt.encode(claims, secret, _ALGORITHM)


def verify(token: str, secret: str) -> str:
    """The user name of a token of ours. Raises InvalidCredentials: malformed, expired, wrongly signed (`alg: none`
    included), from elsewhere.
    """
    try:
        claims = jwt.decode(token, secret, [_ALGORITHM], {"require": list(_CLAIMS)}, issuer=ISSUER)
    except (jwt.InvalidTokenError, RecursionError, ValueError) as error:
        # PyJWT lets the last two out when a forged header is nested absurdly deep or is no text at all.
        raise InvalidCredentials from error
    return str(claims["sub"])
