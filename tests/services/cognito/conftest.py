"""Cognito before a moto of the session's own, and boto3 as its client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.clock import Clock
from cloudrig.engine.events import Events
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.services.cognito.service import Cognito
from cloudrig.services.upstream.upstream import HttpUpstream


class PoolUnderTest:
    """A pool with a client, called as browsers do."""

    def __init__(self, cognito: Cognito, moto: HttpUpstream, **client: Any) -> None:
        self.cognito = cognito
        self.moto = moto
        self._client = {"PreventUserExistenceErrors": "ENABLED", **client}
        self.id = self.client_id = ""

    async def make(self, **pool: Any) -> None:
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        policy = {"MinimumLength": 8, "RequireUppercase": False, "RequireNumbers": False, "RequireSymbols": False}
        settings = {
            "PoolName": "p",
            "Policies": {"PasswordPolicy": policy},
            "AutoVerifiedAttributes": ["email"],
            **pool,
        }
        made = await self.admin("create_user_pool", **settings)
        self.id = made["UserPool"]["Id"]
        client = await self.admin(
            "create_user_pool_client", UserPoolId=self.id, ClientName="c", ExplicitAuthFlows=flows, **self._client
        )
        self.client_id = client["UserPoolClient"]["ClientId"]

    async def admin(self, operation: str, **members: Any) -> dict[str, Any]:
        """Behind our back."""
        return await self.moto.call("cognito-idp", operation, Scope(), **members)

    async def call(self, operation: str, **members: object) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        response = await self.raw(operation, json.dumps({"ClientId": self.client_id, **members}).encode())
        return response.status, json.loads(response.body or b"{}")

    async def raw(self, operation: str, body: bytes) -> Response:
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        request = Request("POST", "/", headers=CIMultiDictProxy(CIMultiDict(headers)), body=body)
        return await self.cognito.call(operation, request)

    async def sign_up(self, name: str, password: str = "correct horse") -> tuple[int, dict[str, Any]]:
        attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
        return await self.call("SignUp", Username=name, Password=password, UserAttributes=attributes)

    async def sign_in(self, name: str, password: str = "correct horse") -> tuple[int, dict[str, Any]]:
        return await self.call(
            "InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": password}
        )

    async def confirmed(self, name: str) -> str:
        await self.sign_up(name)
        await self.admin("admin_confirm_sign_up", UserPoolId=self.id, Username=name)
        return name

    def code(self, name: str) -> str:
        report: Any = self.cognito.codes.report()
        return next(str(each["code"]) for each in report["codes"] if each["username"] == name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def events(clock: Clock) -> Events:
    return Events(clock.now)


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A moto of this session's own: pools do not see one another."""
    command = [sys.executable, "-m", "cloudrig.services.upstream.moto_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


@pytest.fixture
async def pool(moto_url: str, clock: Clock, events: Events) -> AsyncIterator[PoolUnderTest]:
    """One that does not tell names apart by case."""
    moto = HttpUpstream(moto_url)
    await moto.start()
    pool = PoolUnderTest(Cognito(moto, clock, events), moto)
    await pool.make(UsernameConfiguration={"CaseSensitive": False})
    yield pool
    await moto.close()
