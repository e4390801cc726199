"""A user pool of the tests' own: keys, and tokens signed with them."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from handlers.chat.rs256 import PublicKey

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abcdefghi"
CLIENT_ID = "1h57kf5cpq17m0eml12example"


def private_key(kid: str = "a", bits: int = 2048) -> rsa.RSAPrivateKey:
    return _generated(kid, bits)


@cache
def _generated(kid: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def jwk(kid: str = "a") -> dict[str, Any]:
    """The public half, as a pool publishes it."""
    return {**json.loads(RSAAlgorithm.to_jwk(private_key(kid).public_key())), "kid": kid, "alg": "RS256", "use": "sig"}


def public_key(kid: str = "a") -> PublicKey:
    return PublicKey.from_jwk(jwk(kid))


def token(kid: str = "a", key: str | None = None, **claims: object) -> str:
    """An id token of `Ann` that is good for a minute; a claim of None is left out.

    Args:
        kid: the id of the key in the token's header.
        key: the one it is really signed with, where that is another.
    """
    now_s = int(time.time())
    said = {
        "sub": "5d2f4b3c",
        "iss": ISSUER,
        "aud": CLIENT_ID,
        "token_use": "id",
        "cognito:username": "Ann",
        "iat": now_s,
        "exp": now_s + 60,
        **claims,
    }
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, private_key(key or kid), "RS256", {"kid": kid})
