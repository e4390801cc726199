"""Signing up and confirming it, with a code that counts and names that differ in more than case.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
"""

from __future__ import annotations

import json

from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Request, Response
from cloudrig.services.cognito.codes import Codes
from cloudrig.services.cognito.directory import Directory
from cloudrig.services.cognito.errors import (
    InvalidParameterException,
    NotAuthorizedException,
    UsernameExistsException,
)
from cloudrig.services.cognito.passing import Members, answer, text, with_members


class SignUp:
    def __init__(self, upstream: Upstream, directory: Directory, codes: Codes) -> None:
        self._upstream = upstream
        self._directory = directory
        self._codes = codes

    async def sign_up(self, request: Request, members: Members) -> Response:
        client = await self._directory.client(str(members.get("ClientId")))
        if client is None:
            return await self._upstream.forward(request)
        name = text(members, "Username")
        spelled = self._directory.spelling(client.pool, name)
        if spelled != name:
            if await self._directory.status(client.pool, spelled):
                raise UsernameExistsException("User already exists")
            self._directory.forget(client.pool, spelled)
        response = await self._upstream.forward(request)
        if response.status == 200:
            await self._directory.learn(client.pool, name, text(members, "Password"))
            if not json.loads(response.body).get("UserConfirmed"):
                self._codes.send(client.pool.id, name, _address(members.get("UserAttributes")))
        return response

    async def confirm(self, request: Request, members: Members) -> Response:
        client = await self._directory.client(str(members.get("ClientId")))
        if client is None:
            return await self._upstream.forward(request)
        name = self._directory.spelling(client.pool, text(members, "Username"))
        if await self._directory.status(client.pool, name) == "CONFIRMED":
            raise NotAuthorizedException("User cannot be confirmed. Current status is CONFIRMED")
        self._codes.check(client.pool.id, name, text(members, "ConfirmationCode"))
        response = await self._upstream.forward(with_members(request, {**members, "Username": name}))
        if response.status == 200:
            self._codes.use_up(client.pool.id, name)
        return response

    async def resend_code(self, request: Request, members: Members) -> Response:
        client = await self._directory.client(str(members.get("ClientId")))
        if client is None:
            return await self._upstream.forward(request)
        name = self._directory.spelling(client.pool, text(members, "Username"))
        if await self._directory.status(client.pool, name) == "CONFIRMED":
            raise InvalidParameterException("User is already confirmed.")
        sent = {"AttributeName": "email", "DeliveryMedium": "EMAIL"}
        found = self._codes.address(client.pool.id, name)
        if found is not None:
            self._codes.send(client.pool.id, name, found)
        return answer({"CodeDeliveryDetails": {**sent, "Destination": _masked(found or f"{name}@example.com")}})


def _address(attributes: object) -> str:
    found = attributes if isinstance(attributes, list) else []
    return next((str(each.get("Value")) for each in found if each.get("Name") == "email"), "")


def _masked(address: str) -> str:
    """`a***@e***`, as CodeDeliveryDetails shows an address."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain[:1]}***"
