"""A user pool as browsers and pages see it: unsigned calls to the address that `config.json` names."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import aiohttp

from cloudrig.targets import Target
from scenarios.patience import until

_CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Said:
    """What Cognito answered."""

    status: int
    body: Any
    headers: dict[str, str]
    """Names in lower case."""

    @property
    def error(self) -> str:
        """`NotAuthorizedException`; empty where it is no error."""
        return str(self.body.get("__type", "")).rpartition("#")[2]

    @property
    def id_token(self) -> str:
        return str(self.body["AuthenticationResult"]["IdToken"])


class Pool:
    """One app client of a pool."""

    def __init__(self, config: dict[str, str]) -> None:
        """
        Args:
            config: `cognito` of the site's `config.json`.
        """
        self.endpoint = config["endpoint"]
        self.id = config["userPoolId"]
        self.client_id = config["clientId"]

    async def call(self, operation: str, **members: object) -> Said:
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": _CONTENT_TYPE,
            "Origin": "https://chat.example",
        }
        body = {"ClientId": self.client_id, **members}
        async with (
            aiohttp.ClientSession(trust_env=True) as session,
            session.post(self.endpoint, json=body, headers=headers) as answer,
        ):
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Said(answer.status, await answer.json(content_type=None), told)

    async def sign_up(self, username: str, password: str) -> Said:
        email = {"Name": "email", "Value": f"{secrets.token_hex(4)}@example.com"}
        return await self.call("SignUp", Username=username, Password=password, UserAttributes=[email])

    async def confirm(self, username: str, code: str) -> Said:
        return await self.call("ConfirmSignUp", Username=username, ConfirmationCode=code)

    async def sign_in(self, username: str, password: str) -> Said:
        parameters = {"USERNAME": username, "PASSWORD": password}
        return await self.call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


async def code_for(target: Target, username: str) -> str:
    """The code that a rig would have sent to this user last."""

    async def code() -> str:
        url = f"{target.public_url}/_cloudrig/cognito/codes"
        async with aiohttp.ClientSession(trust_env=True) as session, session.get(url) as answer:
            sent = (await answer.json())["codes"]
        return next((str(each["code"]) for each in reversed(sent) if each["username"] == username), "")

    return await until(code, bool, f"a code was sent to {username}")
