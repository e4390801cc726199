"""From a request to who answers it: a data plane, an operation of a service, or the upstream.

In this order: host or path of a data plane (deployed APIs, sites); `X-Amz-Target`; the service named in the SigV4
scope with method and path; for unsigned requests, whichever service has the path. The rest is the upstream's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from cloudrig.engine.credentials import SignatureScope
from cloudrig.engine.interfaces import MAX_BODY_BYTES, DataPlane, Mounted, Service
from cloudrig.engine.messages import Request


class RestService(Service, Protocol):
    """A service whose operations are told apart by method and path."""

    def find(self, method: str, path: str, query: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class PlaneRoute:
    plane: DataPlane
    mounted: Mounted

    @property
    def max_body_bytes(self) -> int:
        return self.mounted.max_body_bytes


@dataclass(frozen=True, slots=True)
class OperationRoute:
    service: Service
    operation: str

    @property
    def max_body_bytes(self) -> int:
        return self.service.max_body_bytes(self.operation)


class Router:
    """The routing table of one rig."""

    def __init__(
        self,
        planes: Sequence[DataPlane],
        targets: Mapping[str, Service],
        rest: Mapping[str, Sequence[RestService]],
    ) -> None:
        """`targets`: prefix of X-Amz-Target → service. `rest`: SigV4 signing name → services, most specific first."""
        self._planes = planes
        self._targets = targets
        self._rest = rest
        self._unsigned = [service for services in rest.values() for service in services]

    def route(self, request: Request, signed: SignatureScope | None) -> PlaneRoute | OperationRoute | None:
        """None means: the upstream's."""
        host = host_name(request)
        for plane in self._planes:
            mounted = plane.locate(host, request.path)
            if mounted is not None:
                return PlaneRoute(plane, mounted)
        target = request.headers.get("X-Amz-Target")
        if target is not None:
            prefix, _, operation = target.rpartition(".")
            service = self._targets.get(prefix)
            return OperationRoute(service, operation) if service else None
        candidates = self._rest.get(signed.service, ()) if signed else self._unsigned
        return _by_path(candidates, request)


def _by_path(candidates: Sequence[RestService], request: Request) -> OperationRoute | None:
    for service in candidates:
        operation = service.find(request.method, request.path, request.query)
        if operation is not None:
            return OperationRoute(service, operation)
    return None


def host_name(request: Request) -> str:
    """The host a client addressed, lower case, without its port."""
    host = request.headers.get("Host", "").lower()
    return host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]


def is_foreign(request: Request) -> bool:
    """Whether a web page of elsewhere may be behind a request: by its `Origin`, or a `Host` that is a public name.

    A browser sends simple requests anywhere, and a name of the attacker's may resolve to 127.0.0.1 (DNS rebinding), but
    no address does, and no name of AWS's. Pages have our leave that come from this machine, from the very host that
    they ask, or (in a rehearsal) from one name of AWS's to another.
    """
    host = host_name(request)
    if not (_is_local(host) or _is_address(host) or host.endswith(_AWS)):
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    try:
        page = (urlsplit(origin).hostname or "opaque.origin").lower()
    except ValueError:  # brackets around what is no IPv6 address
        return True
    return not (_is_local(page) or page == host or (page.endswith(_AWS) and host.endswith(_AWS)))


_AWS = ".amazonaws.com"


def _is_local(host: str) -> bool:
    """Loopback addresses, names without a dot (localhost, a container's) and `*.localhost`."""
    if _is_address(host):
        return host == "::1" or host.startswith("127.")
    return "." not in host or host.endswith(".localhost")


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def mount(host: str, path: str, *, prefix: str, label: str, max_body_bytes: int = MAX_BODY_BYTES) -> Mounted | None:
    """Locate `{prefix}{key}/…` on any host, or `{key}.{label}.…` as a host of its own."""
    if path.startswith(prefix):
        key, slash, rest = path[len(prefix) :].partition("/")
        return Mounted(key, slash + rest, prefix + key, max_body_bytes) if key else None
    key, dot, rest = host.partition(f".{label}.")
    return Mounted(key, path, "", max_body_bytes) if dot and rest and key else None
