"""What the rig remembers of the upstream's user pools: whose an app client is, how names are spelled, verifiers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.names import Scope
from cloudrig.services.cognito.srp import Verifier

_SERVICE = "cognito-idp"


@dataclass(frozen=True)
class Pool:
    """`ignores_case`: user names that differ in case only are one user's."""

    id: str
    scope: Scope
    ignores_case: bool

    def key(self, username: str) -> tuple[str, str]:
        return self.id, username.lower() if self.ignores_case else username


@dataclass(frozen=True)
class AppClient:
    """`hides_users`: PreventUserExistenceErrors."""

    id: str
    pool: Pool
    hides_users: bool


class Directory:
    """Asks the upstream, and keeps what was asked until something is changed."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._scopes = {Scope()}
        self._clients: dict[str, AppClient] = {}
        self._spelled: dict[tuple[str, str], str] = {}
        self._verifiers: dict[tuple[str, str], Verifier] = {}

    def heard_of(self, scope: Scope) -> None:
        """Somebody works in this account and region, so there may be pools: browsers do not sign, and name none."""
        self._scopes.add(scope)

    def changed(self) -> None:
        """Pools or clients may be other than they were."""
        self._clients.clear()

    async def client(self, client_id: str) -> AppClient | None:
        """An app client, whichever pool it is of."""
        if client_id not in self._clients:
            for scope in tuple(self._scopes):  # it may grow meanwhile
                for each in (await self._call(scope, "list_user_pools", MaxResults=60))["UserPools"]:
                    await self._read_clients(await self.pool(each["Id"], scope))
        return self._clients.get(client_id)

    async def pool(self, pool_id: str, scope: Scope) -> Pool:
        """Raises ClientError: there is no such pool."""
        found = (await self._call(scope, "describe_user_pool", UserPoolId=pool_id))["UserPool"]
        return Pool(pool_id, scope, not found.get("UsernameConfiguration", {}).get("CaseSensitive", True))

    def spelling(self, pool: Pool, username: str) -> str:
        """The name as its owner wrote it first."""
        return self._spelled.get(pool.key(username), username)

    def forget(self, pool: Pool, username: str) -> None:
        """The user is gone: the name is free, in whatever case."""
        self._spelled.pop(pool.key(username), None)
        self._verifiers.pop(pool.key(username), None)

    async def status(self, pool: Pool, username: str) -> str | None:
        """`UNCONFIRMED`, `CONFIRMED`, …; None where there is no such user."""
        try:
            found = await self._call(pool.scope, "admin_get_user", UserPoolId=pool.id, Username=username)
        except ClientError:
            return None
        status: str = found["UserStatus"]
        return status

    async def learn(self, pool: Pool, username: str, password: str) -> None:
        """A user has this password from now on."""
        spelled = self._spelled.setdefault(pool.key(username), username)
        self._verifiers[pool.key(username)] = await asyncio.to_thread(Verifier.of, pool.id, spelled, password)

    def verifier(self, pool: Pool, username: str) -> Verifier | None:
        """None: no password of the user has passed through here."""
        return self._verifiers.get(pool.key(username))

    async def _read_clients(self, pool: Pool) -> None:
        answer = await self._call(pool.scope, "list_user_pool_clients", UserPoolId=pool.id, MaxResults=60)
        for each in answer["UserPoolClients"]:
            found = await self._call(
                pool.scope, "describe_user_pool_client", UserPoolId=pool.id, ClientId=each["ClientId"]
            )
            hides = found["UserPoolClient"].get("PreventUserExistenceErrors") == "ENABLED"
            self._clients[each["ClientId"]] = AppClient(each["ClientId"], pool, hides)

    async def _call(self, scope: Scope, operation: str, **members: Any) -> dict[str, Any]:
        return await self._upstream.call(_SERVICE, operation, scope, **members)
