"""HTTP requests and responses as the engine hands them around, apart from any server library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.names import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request, as far as the rig can tell.

    `access_key` is empty for an unsigned request. `role_arn` is set for credentials the rig issued: it is a role's for
    those of a function, whose name is the `session`, and a user's for others. `trace` is its `X-Amzn-Trace-Id`, which
    Lambda reads.
    """

    scope: Scope = Scope()
    access_key: str = ""
    role_arn: str | None = None
    session: str = ""
    trace: str = ""

    @property
    def user_arn(self) -> str | None:
        """As events and errors have it: a role's is that of the session, `…:assumed-role/{role}/{session}`."""
        if self.role_arn is None or ":role/" not in self.role_arn:
            return self.role_arn
        account, role = self.role_arn.split(":")[4], self.role_arn.rpartition("/")[2]
        return f"arn:aws:sts::{account}:assumed-role/{role}/{self.session}"


@dataclass(slots=True)
class Request:
    """One HTTP request, body read.

    `path` and `query` are as on the wire (percent-encoded, no `?`); header names keep the sender's case and compare
    without it. `base_url` is `scheme://host:port` as the client addressed the rig.
    """

    method: str
    path: str
    query: str = ""
    headers: CIMultiDictProxy[str] = field(default_factory=lambda: CIMultiDictProxy(CIMultiDict()))
    body: bytes = b""
    client_ip: str = "127.0.0.1"
    base_url: str = "http://127.0.0.1:4566"
    caller: Caller = Caller()


@dataclass(slots=True)
class Response:
    """One HTTP response; `headers` may repeat a name. With a `stream`, the body is what it yields, sent as it comes."""

    status: int = 200
    body: bytes = b""
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    stream: AsyncIterator[bytes] | None = None


Members = dict[str, Any]
"""Input or output of an operation: the service model's member names → datetime, bytes, str, int, list, dict."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where clients reach the rig: `http://127.0.0.1:4566`, `https://127.0.0.1:4567`, and a PEM file to trust.

    `proxy_url` is that of the proxy by which AWS's own host names lead to the rig; None where they do not (but in a
    rehearsal they do).
    """

    url: str
    tls_url: str
    ca_bundle: str
    proxy_url: str | None = None

    def api_domain(self, api_id: str, region: str) -> str | None:
        """The host of a deployed API on AWS; None where that does not lead here."""
        return f"{api_id}.execute-api.{region}.amazonaws.com" if self.proxy_url else None

    def api_host(self, api_id: str, region: str) -> str:
        """`host[:port]` of a deployed API, which `*.localhost` may lead to."""
        port = self.tls_url.rpartition(":")[2]
        return self.api_domain(api_id, region) or f"{api_id}.execute-api.localhost:{port}"

    def sdk_variables(self) -> dict[str, str]:
        """The environment by which an SDK in a function's process finds the rig."""
        if self.proxy_url is None:
            return {"AWS_CA_BUNDLE": self.ca_bundle, "AWS_ENDPOINT_URL": self.url}
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.proxy_url)
        local = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        trust = dict.fromkeys(("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"), self.ca_bundle)
        return {**proxies, **local, **trust}
