"""What an HTTP API answers by itself. Bodies are `{"message": …}`; nobody can customise them.

Sources: AG `http-api-troubleshooting-jwt.html`, `http-api-lambda-authorizer.html`; captured answers where noted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from multidict import CIMultiDict

from cloudrig.engine.messages import Response


class Refused(Exception):
    """The gateway ends the request. `detail` says why to logs (`$context.error.message`), not to the client."""

    def __init__(
        self, status: int, message: str, detail: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail or message)
        self.status = status
        self.message = message
        self.headers = headers or {}

    def response(self) -> Response:
        headers = CIMultiDict({"Content-Type": "application/json", **self.headers})
        return Response(self.status, json.dumps({"message": self.message}, separators=(",", ":")).encode(), headers)


def not_found() -> Refused:
    """No route, no stage, no API, or its default endpoint is switched off."""
    return Refused(404, "Not Found")


def forbidden(detail: str) -> Refused:
    return Refused(403, "Forbidden", detail)


def unauthorized(detail: str, challenge: str | None = None) -> Refused:
    """`challenge` goes into `www-authenticate`."""
    return Refused(401, "Unauthorized", detail, {"www-authenticate": challenge} if challenge else None)


def internal_error(detail: str) -> Refused:
    """A function failed, gave no response, or may not be invoked."""
    return Refused(500, "Internal Server Error", detail)


def unavailable(detail: str) -> Refused:
    """The back end did not answer in time, or cannot be reached: captured, serverless/serverless#11222."""
    return Refused(503, "Service Unavailable", detail)


def too_many() -> Refused:
    return Refused(429, "Too Many Requests")


def too_large() -> Refused:
    return Refused(413, "Request Entity Too Large")  # unverified text
