"""HTTP back ends of integrations: one client for all of them, and how an answer of theirs is handed on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from multidict import CIMultiDict
from yarl import URL

from cloudrig.engine.interfaces import MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class BackendAnswer:
    """What a back end answered. Patterns of integration responses are matched on `selector`; None matches none."""

    status: int
    headers: CIMultiDict[str]
    body: bytes
    selector: str | None


def error_message(payload: bytes) -> str | None:
    """What patterns of integration responses are matched on, of a function that failed; None where it says nothing."""
    try:
        output = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    message = output.get("errorMessage") if isinstance(output, dict) else None
    return message if isinstance(message, str) else None


class BackendTimeout(Exception):
    """The back end did not answer in the integration's time."""


class BackendUnreachable(Exception):
    """There is no connection to the back end, or it broke."""


class UnusableAddress(ValueError):
    """The integration's URI, its parameters put in, is none."""


class HttpBackends:
    """The HTTP client of integrations, made when the first one needs it. Cookies and redirects are the client's."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> BackendAnswer:
        """One request, its body and its answer's as they are on the wire; `url` is percent-encoded.

        Raises BackendTimeout, UnusableAddress, and BackendUnreachable for an answer too that is larger than payloads
        may be (unverified which error that is).
        """
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._client().request(
                    method,
                    URL(url, encoded=True),
                    headers=headers,
                    data=body or None,
                    allow_redirects=False,
                    timeout=ClientTimeout(total=None),
                ) as answer,
            ):
                content = bytearray()
                async for piece in answer.content.iter_any():
                    content += piece
                    if len(content) > MAX_BODY_BYTES:
                        raise BackendUnreachable(f"{url}: the answer has more than {MAX_BODY_BYTES} bytes")
                return BackendAnswer(answer.status, CIMultiDict(answer.headers), bytes(content), str(answer.status))
        except TimeoutError:
            raise BackendTimeout(url) from None
        except ClientError as error:
            raise BackendUnreachable(f"{url}: {error}") from None
        except ValueError as error:
            raise UnusableAddress(f"{url}: {error}") from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _client(self) -> ClientSession:
        if self._session is None or self._session.closed:
            self._session = ClientSession(
                auto_decompress=False, cookie_jar=DummyCookieJar(), skip_auto_headers=("Accept-Encoding",)
            )
        return self._session
