"""`POST /login`: a token for a user name and a password."""

from __future__ import annotations

import os
from collections.abc import Mapping

from handlers import clock, rest
from handlers.adapters import aws
from handlers.adapters.secrets import TokenSecret
from handlers.adapters.users import UserTable
from handlers.chat import accounts, tokens
from handlers.chat.fields import Fields, string

users = UserTable(aws.dynamodb(), os.environ["USERS_TABLE"])
secret = TokenSecret(aws.ssm(), os.environ["TOKEN_SECRET_PARAMETER"])
token_ttl_s = int(os.environ["TOKEN_TTL_S"])


@rest.endpoint(os.environ.get("ALLOWED_ORIGIN", "*"))
def handler(fields: Fields) -> tuple[int, Mapping[str, object]]:
    """200 `{token, username, expiresAt}`; expiresAt in milliseconds."""
    account = accounts.log_in(users, string(fields, "username"), string(fields, "password"))
    now_s = clock.now_ms() // 1000
    token = tokens.issue(account.username, secret(), now_s=now_s, ttl_s=token_ttl_s)
    return 200, {"token": token, "username": account.username, "expiresAt": (now_s + token_ttl_s) * 1000}
