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

    `access_key` is empty for an unsigned request. `role_arn` is set for credentials the rig issued to a function.
    """

    scope: Scope = Scope()
    access_key: str = ""
    role_arn: str | None = None


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
    """Where clients reach the rig: `http://127.0.0.1:4566`, `https://127.0.0.1:4567`, and a PEM file to trust."""

    url: str
    tls_url: str
    ca_bundle: str
