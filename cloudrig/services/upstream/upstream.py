"""The upstream over HTTP: requests passed on as they are, and the engine's own calls made through botocore."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import boto3
from botocore.config import Config as ClientConfig
from botocore.response import StreamingBody
from yarl import URL

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import DEFAULT_ACCOUNT, Scope
from cloudrig.engine.sdk import apart_from_profiles

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
)
_TIMEOUT = aiohttp.ClientTimeout(total=300, connect=5)
_CALL_THREADS = 8


class HttpUpstream:
    """Implements `interfaces.Upstream` on an endpoint URL. `start` before use, `close` at the end."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None
        self._threads = ThreadPoolExecutor(_CALL_THREADS, thread_name_prefix="upstream")
        self._client = functools.cache(self._make_client)

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=_TIMEOUT,
            connector=aiohttp.TCPConnector(limit=64),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def forward(self, request: Request) -> Response:
        assert self._session is not None
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP]
        if request.caller.scope.account != DEFAULT_ACCOUNT:
            headers.append(("x-moto-account-id", request.caller.scope.account))
        query = f"?{request.query}" if request.query else ""
        try:
            async with self._session.request(
                request.method,
                URL(f"{self.url}{request.path}{query}", encoded=True),
                headers=headers,
                data=request.body,
                allow_redirects=False,
            ) as answer:
                return _response(answer, await answer.read(), request.method)
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise UpstreamUnavailable(f"the upstream {self.url} does not answer: {reason}") from error

    async def call(self, service: str, operation: str, scope: Scope, **members: Any) -> dict[str, Any]:
        def run() -> dict[str, Any]:
            method: Callable[..., dict[str, Any]] = getattr(self._client(service, scope), operation)
            return {name: _read(value) for name, value in method(**members).items()}

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def _make_client(self, service: str, scope: Scope) -> Any:
        session = boto3.Session(
            aws_access_key_id=scope.account,
            aws_secret_access_key="cloudrig",  # noqa: S106
            botocore_session=apart_from_profiles(),
        )
        config = ClientConfig(
            retries={"total_max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"},
            parameter_validation=service != "logs",  # half the time of thousands of log events a second, all ours
        )
        return session.client(
            service,  # type: ignore[call-overload]  # any service the upstream has
            region_name=scope.region,
            endpoint_url=self.url,
            config=config,
        )


def _read(value: Any) -> Any:
    return value.read() if isinstance(value, StreamingBody) else value


def _response(answer: aiohttp.ClientResponse, body: bytes, method: str) -> Response:
    response = Response(answer.status, body)
    # The server counts what it sends itself; to a HEAD that is nothing, and the length is that of what a GET would get.
    counted = frozenset() if method == "HEAD" else frozenset({"content-length"})
    for name, value in answer.headers.items():
        if name.lower() not in _HOP_BY_HOP | counted:
            response.headers.add(name, value)
    return response
