"""Id tokens of an Amazon Cognito user pool: JWT, RS256, with a key that the pool publishes.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import jwt

from handlers.chat import usernames
from handlers.chat.errors import InvalidCredentials, InvalidUsername
from handlers.chat.rs256 import PublicKey

_CLAIMS: Final = ("sub", "iat", "exp", "iss", "aud", "token_use", "cognito:username")

Keys = Callable[[str], PublicKey | None]
"""The pool's key of an id (`kid`); None where the pool has none."""


@dataclass(frozen=True)
class PoolTokens:
    """The tokens of one pool for one of its app clients.

    Attributes:
        issuer: `https://cognito-idp.{region}.amazonaws.com/{pool}`.
        client_id: the app client's.
    """

    keys: Keys
    issuer: str
    client_id: str

    def verify(self, token: str) -> str:
        """What the token's user is called in the chat.

        Raises:
            InvalidCredentials: malformed, expired, wrongly signed, of another pool or client, no id token, or of a user
                whose name is none in the chat.
        """
        try:
            self._check_signature(token)
            claims = jwt.decode(
                token,
                # The signature was checked above; all else is PyJWT's.
                options={
                    "verify_signature": False,
                    "verify_exp": True,
                    "verify_iat": True,
                    "verify_nbf": True,
                    "verify_aud": True,
                    "verify_iss": True,
                    "require": list(_CLAIMS),
                },
                audience=self.client_id,
                issuer=self.issuer,
            )
        except (jwt.InvalidTokenError, RecursionError, ValueError) as error:
            raise InvalidCredentials from error
        if claims["token_use"] != "id":  # noqa: S105  # what it is for
            raise InvalidCredentials
        return _name(claims["cognito:username"])

    def _check_signature(self, token: str) -> None:
        """Raises InvalidCredentials, and what PyJWT raises of a header that is none."""
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(kid, str):
            raise InvalidCredentials
        key = self.keys(kid)
        signed, _, signature = token.rpartition(".")
        if key is None or not key.verifies(_decoded(signature), signed.encode()):
            raise InvalidCredentials


def _name(username: object) -> str:
    try:
        return usernames.of_pool(str(username))
    except InvalidUsername as error:
        raise InvalidCredentials from error


def _decoded(signature: str) -> bytes:
    try:
        return urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (binascii.Error, ValueError) as error:
        raise InvalidCredentials from error
