"""CORS of an HTTP API: the gateway answers preflight requests, and puts its own headers in place of the back end's.

Source: AG `http-api-cors.html`.
"""

from __future__ import annotations

import re

from multidict import CIMultiDict

from cloudrig.engine.messages import Members, Request, Response

PREFLIGHT_STATUS = 204  # unverified
_HEADER = re.compile(r"access-control-", re.IGNORECASE)


def is_preflight(request: Request) -> bool:
    headers = request.headers
    return request.method == "OPTIONS" and "Origin" in headers and "Access-Control-Request-Method" in headers


class Cors:
    """One configuration."""

    def __init__(self, configuration: Members) -> None:
        self._origins: list[str] = configuration.get("AllowOrigins") or []
        self._simple: dict[str, str] = {}
        self._preflight: dict[str, str] = {}
        if configuration.get("AllowCredentials"):
            self._simple["Access-Control-Allow-Credentials"] = "true"
        if configuration.get("ExposeHeaders"):
            self._simple["Access-Control-Expose-Headers"] = ",".join(configuration["ExposeHeaders"])
        if configuration.get("AllowMethods"):
            self._preflight["Access-Control-Allow-Methods"] = ",".join(configuration["AllowMethods"])
        if configuration.get("AllowHeaders"):
            self._preflight["Access-Control-Allow-Headers"] = ",".join(configuration["AllowHeaders"])
        if configuration.get("MaxAge") is not None:
            self._preflight["Access-Control-Max-Age"] = str(configuration["MaxAge"])

    def preflight(self, request: Request) -> Response:
        """The answer to a preflight request; without CORS headers for origins that are not allowed."""
        response = Response(PREFLIGHT_STATUS)
        if self._allowed(request) is not None:
            response.headers.update(self._preflight)
        return response

    def apply(self, request: Request, response: Response) -> None:
        """Put the configuration's headers in place of the back end's."""
        headers: CIMultiDict[str] = response.headers
        if response.status != PREFLIGHT_STATUS or not is_preflight(request):
            for name in [name for name in headers if _HEADER.match(name)]:
                headers.popall(name, None)
        origin = self._allowed(request)
        if origin is not None:
            headers["Access-Control-Allow-Origin"] = origin
            headers.update(self._simple)

    def _allowed(self, request: Request) -> str | None:
        """What `Access-Control-Allow-Origin` says; None for requests of no or another origin."""
        origin = request.headers.get("Origin")
        if origin is None:
            return None
        if "*" in self._origins:
            return "*"
        return origin if any(_fits(origin, allowed) for allowed in self._origins) else None


def _fits(origin: str, allowed: str) -> bool:
    """`https://*` is any origin that begins with it."""
    if allowed.endswith("*"):
        return origin.lower().startswith(allowed[:-1].lower())
    return origin.lower() == allowed.lower()
