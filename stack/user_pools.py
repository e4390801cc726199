"""The kinds of resources that sign-in by Amazon Cognito is declared with; see `resources`."""

from __future__ import annotations

from dataclasses import dataclass

from stack.resources import Aspects, Resource


@dataclass(frozen=True, kw_only=True)
class UserPool(Resource):
    """A Cognito user pool that anybody may sign up in, with a user name, a password and an e-mail address.

    The code of a new user goes to that address. User names are told apart without regard to case.
    Attributes: id, arn, issuer, keys_url, endpoint (where browsers call Cognito).
    """

    kind = "userpool"
    min_password_length: int = 8

    def aspects(self) -> Aspects:
        """`password policy`; what cannot be changed afterwards (user names, attributes) is no aspect."""
        return {
            "password policy": {
                "MinimumLength": self.min_password_length,
                "RequireUppercase": False,
                "RequireLowercase": False,
                "RequireNumbers": False,
                "RequireSymbols": False,
            }
        }


@dataclass(frozen=True, kw_only=True)
class UserPoolClient(Resource):
    """An app client without a secret, for browsers. Attributes: id.

    Attributes:
        token_ttl_s: how long id and access tokens are good for; Cognito takes 300 to 86,400.
    """

    kind = "poolclient"
    user_pool_id: str
    token_ttl_s: int

    def aspects(self) -> Aspects:
        """`flows`, `token validity` in seconds, `existence errors` (whether unknown users are told from known ones)."""
        return {
            "flows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"],
            "token validity": self.token_ttl_s,
            "existence errors": "ENABLED",
        }


@dataclass(frozen=True, kw_only=True)
class Authorizer(Resource):
    """A REQUEST authorizer of a WebSocket API, asked about every handshake. Attributes: id."""

    kind = "authorizer"
    api_id: str
    function_arn: str

    def aspects(self) -> Aspects:
        """`function`: its ARN."""
        return {"function": self.function_arn}
