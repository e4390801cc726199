"""Passwords that are set otherwise than by signing up: noted as they pass, for proofs by SRP."""

from __future__ import annotations

import base64

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.services.cognito.directory import Directory
from cloudrig.services.cognito.passing import Members, members_of, text


class Passwords:
    def __init__(self, upstream: Upstream, directory: Directory) -> None:
        self._upstream = upstream
        self._directory = directory

    async def from_admin(self, request: Request, members: Members) -> Response:
        response = await self._upstream.forward(request)
        password = members.get("Password") or members.get("TemporaryPassword")
        if response.status == 200 and password:
            pool = await self._directory.pool(text(members, "UserPoolId"), request.caller.scope)
            await self._directory.learn(pool, text(members, "Username"), str(password))
        return response

    async def from_user(self, request: Request, members: Members) -> Response:
        response = await self._upstream.forward(request)
        client = await self._directory.client(str(members.get("ClientId")))
        if response.status == 200 and client is not None:
            await self._directory.learn(client.pool, text(members, "Username"), text(members, "Password"))
        return response

    async def from_change(self, request: Request, members: Members) -> Response:
        response = await self._upstream.forward(request)
        if response.status == 200:  # so the token was the user's own
            claims = _claims(text(members, "AccessToken"))
            client = await self._directory.client(str(claims.get("client_id")))
            if client is not None:
                name = str(claims.get("username"))
                await self._directory.learn(client.pool, name, text(members, "ProposedPassword"))
        return response


def _claims(token: str) -> Members:
    payload = token.split(".")[1]
    return members_of(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
