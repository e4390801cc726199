"""`POST /signup`: make an account."""

from __future__ import annotations

import os
from collections.abc import Mapping

from handlers import clock, rest
from handlers.adapters import aws
from handlers.adapters.users import UserTable
from handlers.chat import accounts
from handlers.chat.fields import Fields, string

users = UserTable(aws.dynamodb(), os.environ["USERS_TABLE"])


@rest.endpoint(os.environ.get("ALLOWED_ORIGIN", "*"))
def handler(fields: Fields) -> tuple[int, Mapping[str, object]]:
    """201 `{username}`."""
    username, password = string(fields, "username"), string(fields, "password")
    account = accounts.sign_up(users, username, password, clock.now_ms())
    return 201, {"username": account.username}
