"""Calls of services that speak AWS's JSON protocol, made through the upstream on the event loop: no SDK, no thread.

For what is called all the time (queues and streams that are polled); everything else goes by `Upstream.call`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.errors import UpstreamUnavailable
from cloudrig.engine.interfaces import Upstream
from cloudrig.engine.messages import Caller, Request
from cloudrig.engine.names import Scope


class CallFailed(Exception):
    """The service answered with an error of the caller's making; `code` is without its namespace."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class JsonService:
    """How one service is called: its signing name, the prefix of `X-Amz-Target` and the version of the protocol."""

    name: str
    prefix: str
    version: str = "1.1"

    async def call(self, upstream: Upstream, scope: Scope, operation: str, **members: Any) -> dict[str, Any]:
        """Members of the answer; times are numbers, bytes are base64. Raises CallFailed, UpstreamUnavailable."""
        answer = await upstream.forward(self._request(scope, operation, members))
        content: dict[str, Any] = _content(answer.body)
        if answer.status < 300:
            return content
        code = str(content.get("__type", answer.status)).rpartition("#")[2]
        message = str(content.get("message") or content.get("Message") or "")
        if answer.status >= 500:
            raise UpstreamUnavailable(f"{self.name} {operation}: {code} {message}")
        raise CallFailed(code, message)

    def _request(self, scope: Scope, operation: str, members: dict[str, Any]) -> Request:
        credential = f"{scope.account}/20260101/{scope.region}/{self.name}/aws4_request"
        headers = CIMultiDict(
            {
                "Host": f"{self.name}.{scope.region}.amazonaws.com",
                "Content-Type": f"application/x-amz-json-{self.version}",
                "X-Amz-Target": f"{self.prefix}.{operation}",
                "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
            }
        )
        return Request(
            "POST", "/", headers=CIMultiDictProxy(headers), body=json.dumps(members).encode(), caller=Caller(scope)
        )


def _content(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
