"""How the conformance tests talk: instructions for the puppet, handshakes, one REST request."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from scenarios.conformance.deployment import Deployment
from scenarios.patience import PATIENCE_S, until

_ERROR_FRAME = re.compile(
    r'\{"message": "([^"]*)", "connectionId":"([\w-]{15}=)", "(requestId|messageId)":"([\w-]{15}=)"\}'
)


def told(**do: Any) -> str:
    """A query that tells the puppet what to do."""
    return "?" + urlencode({"do": json.dumps(do)})


def dialled(url: str, **options: Any) -> connect:
    return connect(url, open_timeout=PATIENCE_S, **options)


async def refusal(url: str, **options: Any) -> tuple[int, str]:
    """Status and body of a handshake that must not succeed."""
    try:
        async with dialled(url, **options):
            raise AssertionError("the handshake was not refused")
    except InvalidStatus as refused:
        return refused.response.status_code, (refused.response.body or b"").decode()


async def say(client: ClientConnection, action: str, **do: Any) -> str:
    """Send a message and return what comes back."""
    await client.send(json.dumps({"action": action, "do": do}))
    return await hear(client)


async def hear(client: ClientConnection) -> str:
    async with asyncio.timeout(PATIENCE_S):
        return str(await client.recv())


async def connection_id(client: ClientConnection) -> str:
    return await say(client, "do", id=True)


def message_of(frame: str, identifier: str = "requestId") -> str:
    """The message of an error frame, whose layout must be exact: "a space after the first colon only"."""
    found = _ERROR_FRAME.fullmatch(frame)
    assert found is not None, frame
    assert found[3] == identifier
    return found[1]


async def told_of(deployed: Deployment, gone: str) -> tuple[int, str]:
    """Code and reason of the `$disconnect` event."""

    async def probe() -> dict[str, Any] | None:
        return await asyncio.to_thread(deployed.disconnected, gone)

    event = await until(probe, lambda event: event is not None, "$disconnect ran")
    assert event is not None
    context = event["requestContext"]
    return context["disconnectStatusCode"], context["disconnectReason"]


@dataclass(frozen=True)
class Answer:
    status: int
    error_type: str
    content: Any


async def call(
    deployed: Deployment, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """One request to the REST API."""
    async with (
        aiohttp.ClientSession(trust_env=True) as session,
        session.request(method, f"{deployed.rest}/{path}", headers=headers, data=body) as answer,
    ):
        text = await answer.text()
        content = json.loads(text) if text.startswith("{") else text
        return Answer(answer.status, answer.headers.get("x-amzn-ErrorType", ""), content)


def signed(
    deployed: Deployment, url: str, *, in_query: bool, service: str = "execute-api"
) -> tuple[str, dict[str, str]]:
    """A WebSocket URL with SigV4 in the query, or the headers to send along."""
    session = deployed.target.session()
    credentials = session.get_credentials()
    assert credentials is not None
    request = AWSRequest("GET", url.replace("ws", "http", 1))
    auth = SigV4QueryAuth if in_query else SigV4Auth
    auth(credentials.get_frozen_credentials(), service, deployed.target.region).add_auth(request)
    return (str(request.url).replace("http", "ws", 1), {}) if in_query else (url, dict(request.headers.items()))
