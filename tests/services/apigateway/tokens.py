"""A user pool of the tests' own: an RSA key, its public half as the pool publishes it, and tokens."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

POOL_ID = "us-east-1_abcdefghi"
POOL_ARN = f"arn:aws:cognito-idp:us-east-1:000000000000:userpool/{POOL_ID}"
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"
JWKS_PATH = f"/{POOL_ID}/.well-known/jwks.json"


@cache
def private_key(kid: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def published(*kids: str) -> bytes:
    """The pool's key set."""
    keys = [json.loads(RSAAlgorithm.to_jwk(private_key(kid).public_key())) | {"kid": kid} for kid in kids]
    return json.dumps({"keys": keys}).encode()


def token(now: float, kid: str = "a", **claims: Any) -> str:
    """An identity token that lasts an hour; None takes a claim out."""
    said = {"iss": ISSUER, "sub": "u-1", "aud": "client", "token_use": "id", "exp": int(now) + 3600, **claims}
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, private_key(kid), algorithm="RS256", headers={"kid": kid})
