"""Authorizer of `$connect`, where there is a user pool among the ways to sign in: who may open a connection, and under
which name. Knows every way that is open; API Gateway hands the name to `connect`.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from __future__ import annotations

import os

from handlers.adapters import aws
from handlers.adapters.secrets import TokenSecret
from handlers.chat import entry, tokens
from handlers.chat.entry import Verifier
from handlers.chat.errors import InvalidCredentials
from handlers.chat.pool_tokens import PoolTokens
from handlers.events import AuthorizerEvent, AuthorizerResponse, LambdaContext
from handlers.log import Log

auth_modes = frozenset(os.environ["AUTH_MODES"].split(","))


class Unauthorized(Exception):
    """API Gateway answers 401 to an authorizer that fails with this very text; a policy that denies would be 403."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def _verifiers() -> list[Verifier]:
    pool = PoolTokens(
        aws.pool_keys(os.environ["USER_POOL_KEYS_URL"]),
        os.environ["USER_POOL_ISSUER"],
        os.environ["USER_POOL_CLIENT_ID"],
    )
    if "jwt" not in auth_modes:
        return [pool.verify]
    secret = TokenSecret(aws.ssm(), os.environ["TOKEN_SECRET_PARAMETER"])
    return [lambda token: tokens.verify(token, secret()), pool.verify]


verifiers = _verifiers()


def handler(event: AuthorizerEvent, context: LambdaContext) -> AuthorizerResponse:
    """A policy for this handshake only, with the user name as its principal."""
    log = Log(context, connectionId=event["requestContext"]["connectionId"])
    try:
        username = entry.username(event.get("queryStringParameters") or {}, verifiers, guests="guest" in auth_modes)
    except InvalidCredentials:
        log.info("authorize", allowed=False)
        raise Unauthorized from None
    except Exception as error:
        log.failure(error)
        raise
    log.info("authorize", allowed=True)
    allow = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {"principalId": username, "policyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
